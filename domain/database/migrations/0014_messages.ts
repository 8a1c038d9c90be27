import { type Kysely, sql } from 'kysely'

/**
 * Messages to people, and what became of each. A trigger keeps them as the step ledger says, in the transaction in which it
 * says so; what the ledger can't know, mail servers report later. See docs/decisions/0017-what-became-of-a-message.md.
 *
 * `users.invitation_status` is neither read nor written any more. It stays for one release, for the version before.
 */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of [...tables, ...functions, ...triggers, backfill]) {
    await sql.raw(statement).execute(db)
  }
}

const tables = [
  // One row an intent: what is sent again under the same key is the same message. `user_id` is not a foreign key, because
  // a message that went out must be put on record even while its user is being removed.
  `create table messages (
    id text primary key,
    user_id text not null,
    run_id text not null,
    kind text not null check (kind in ('invitation', 'password-reset')),
    intent_key text not null unique,
    message_id text,
    status text not null check (status in ('sending', 'sent', 'delivered', 'failed', 'bounced', 'unknown')),
    error jsonb,
    attempted_at timestamptz not null default clock_timestamp(),
    sent_at timestamptz
  )`,
  `create index messages_of_user on messages (user_id, attempted_at)`,
  `create index messages_of_run on messages (run_id)`,
  `create index messages_message_id on messages (message_id)`,
  `create index messages_by_status on messages (status, user_id)
    where status in ('sending', 'delivered', 'failed', 'bounced', 'unknown')`,

  `create index onboardings_open_of_user on onboardings (user_id) where settled_at is null`,
  `create unique index onboardings_one_resend_at_a_time on onboardings (user_id)
    where settled_at is null and kind = 'resend-invitation'`,
]

const functions = [
  // What the step that writes to a person is at, as a message is at. A report that came in between knows better, until the
  // message is sent again.
  `create function note_message() returns trigger language plpgsql as $$
  declare
    run onboardings%rowtype;
    became text := case new.status
      when 'needs_attention' then case new.error ->> 'class' when 'unknown_outcome' then 'unknown' else 'failed' end
      when 'done' then 'sent'
      else 'sending' end;
  begin
    select * into run from onboardings where id = new.onboarding_id;
    if run.user_id is null then
      return null;
    end if;
    insert into messages as message (id, user_id, run_id, kind, intent_key, message_id, status, error, sent_at)
    values (new_public_id('msg'), run.user_id, run.id, coalesce(run.request ->> 'message', 'invitation'),
      run.id || ':' || new.step_id || ':' || new.revision, new.output ->> 'messageId', became,
      case when became in ('failed', 'unknown') then new.error end,
      case when became = 'sent' then new.finished_at end)
    on conflict (intent_key) do update set
      message_id = coalesce(excluded.message_id, message.message_id),
      status = case when became <> 'sending' and message.status in ('bounced', 'delivered')
        then message.status else became end,
      error = case when became <> 'sending' and message.status in ('bounced', 'delivered')
        then message.error else excluded.error end,
      attempted_at = case when became = 'sending' then clock_timestamp() else message.attempted_at end,
      sent_at = excluded.sent_at;
    return null;
  end $$`,

  // What a cancelled run left half done: nothing comes after it.
  `create function give_up_messages() returns trigger language plpgsql as $$
  begin
    update messages as message
    set status = case when step.intent_at is null then 'failed' else 'unknown' end, error = step.error
    from step_runs as step
    where message.run_id = new.id and message.status = 'sending' and step.onboarding_id = new.id
      and message.intent_key = step.onboarding_id || ':' || step.step_id || ':' || step.revision;
    return null;
  end $$`,

  // Where a person's invitation is. Null when there is no such person. Whoever has a password has accepted.
  `create function invitation_of(person text) returns jsonb language sql stable strict as $$
    select case
      when exists (select from credentials where user_id = person)
        then jsonb_build_object('status', 'accepted', 'sentAt', newest.sent_at, 'error', null)
      else jsonb_build_object('status', coalesce(newest.status, 'not_sent'), 'sentAt', newest.sent_at,
        'error', newest.error - array['class', 'fields'])
      end
    from users left join lateral (
      select status, sent_at, error from messages
      where user_id = person and kind = 'invitation'
      order by attempted_at desc limit 1
    ) as newest on true
    where users.id = person
  $$`,

  // No news once the person has accepted, or was written to again.
  `create function emit_invitation_bounced() returns trigger language plpgsql as $$
  declare
    about text := (select organization_id from users where id = new.user_id);
  begin
    if about is not null and invitation_of(new.user_id) ->> 'status' = 'bounced' then
      perform emit_event('user.invitation_bounced', about, about, new.user_id,
        jsonb_build_object('organizationId', about, 'userId', new.user_id));
    end if;
    return null;
  end $$`,
]

const triggers = [
  `create trigger step_runs_note_message after insert or update on step_runs for each row
    when (new.step_id = 'notify-user'
      and new.status in ('pending', 'running', 'retrying', 'needs_attention', 'done'))
    execute function note_message()`,
  `create trigger onboardings_give_up_messages after update of status on onboardings for each row
    when (old.status <> new.status and new.status = 'cancelled') execute function give_up_messages()`,
  `create trigger messages_emit_bounced after update of status on messages for each row
    when (old.status <> new.status and new.status = 'bounced') execute function emit_invitation_bounced()`,
]

const backfill = `
  insert into messages (id, user_id, run_id, kind, intent_key, message_id, status, error, attempted_at, sent_at)
  select new_public_id('msg'), run.user_id, run.id, 'invitation',
    run.id || ':' || step.step_id || ':' || step.revision, step.output ->> 'messageId',
    case when step.status = 'done' then 'sent'
      when step.error ->> 'class' = 'unknown_outcome' then 'unknown'
      when step.error is not null and step.status in ('needs_attention', 'skipped') then 'failed'
      else 'sending' end,
    case when step.status in ('needs_attention', 'skipped') then step.error end,
    coalesce(step.started_at, run.updated_at), case when step.status = 'done' then step.finished_at end
  from step_runs as step
  join onboardings as run on run.id = step.onboarding_id
  join users on users.id = run.user_id
  where step.step_id = 'notify-user'`
