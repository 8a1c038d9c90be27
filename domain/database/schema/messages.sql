-- Messages to users and the delivery status of each: see docs/decisions/0017-what-became-of-a-message.md. The triggers below
-- write a row in the transaction that records the step which sends the message. domain/users/delivery-reports.ts writes what
-- mail servers report later.
create table messages (
  id text primary key,
  -- Not a foreign key: a sent message is recorded even while its user is being removed.
  user_id text not null,
  run_id text not null,
  kind text not null check (kind in ('invitation', 'password-reset')),
  -- `<run>:<step>:<revision>`. A message that is sent again under the same key is the same message.
  intent_key text not null unique,
  message_id text,
  status text not null check (status in ('sending', 'sent', 'delivered', 'failed', 'bounced', 'unknown')),
  error jsonb,
  attempted_at timestamptz not null default clock_timestamp(),
  sent_at timestamptz
);
create index messages_of_user on messages (user_id, attempted_at);
create index messages_of_run on messages (run_id);
create index messages_message_id on messages (message_id);
-- Nearly all messages are `sent`, so the index leaves them out.
create index messages_by_status on messages (status, user_id)
  where status in ('sending', 'delivered', 'failed', 'bounced', 'unknown');

-- The invitation of a user; null when the user does not exist. A user with a password has accepted the invitation. A message to a
-- former email does not count.
create function invitation_of(person text) returns jsonb language sql stable strict as $$
  select case
    when exists (select from credentials where user_id = person)
      then jsonb_build_object('status', 'accepted', 'sentAt', newest.sent_at, 'error', null)
    else jsonb_build_object('status', coalesce(newest.status, 'not_sent'), 'sentAt', newest.sent_at,
      'error', newest.error - array['class', 'fields'])
    end
  from users left join lateral (
    select status, sent_at, error from messages
    where user_id = person and kind = 'invitation' and attempted_at >= users.email_since
    order by attempted_at desc limit 1
  ) as newest on true
  where users.id = person
$$;

-- Copies the status of the step `notify-user` to its message. A delivery report takes precedence until the message is sent
-- again.
create function note_message() returns trigger language plpgsql as $$
declare
  run runs%rowtype;
  outcome text := case new.status
    when 'needs_attention' then case new.error ->> 'class' when 'unknown_outcome' then 'unknown' else 'failed' end
    when 'done' then 'sent'
    else 'sending' end;
begin
  select * into run from runs where id = new.run_id;
  if run.user_id is null then
    return null;
  end if;
  insert into messages as message (id, user_id, run_id, kind, intent_key, message_id, status, error, sent_at)
  values (new_public_id('msg'), run.user_id, run.id, coalesce(run.request ->> 'message', 'invitation'),
    run.id || ':' || new.step_id || ':' || new.revision, new.output ->> 'messageId', outcome,
    case when outcome in ('failed', 'unknown') then new.error end,
    case when outcome = 'sent' then new.finished_at end)
  on conflict (intent_key) do update set
    message_id = coalesce(excluded.message_id, message.message_id),
    status = case when outcome <> 'sending' and message.status in ('bounced', 'delivered')
      then message.status else outcome end,
    error = case when outcome <> 'sending' and message.status in ('bounced', 'delivered')
      then message.error else excluded.error end,
    attempted_at = case when outcome = 'sending' then clock_timestamp() else message.attempted_at end,
    sent_at = excluded.sent_at;
  return null;
end $$;
create trigger step_runs_note_message after insert or update on step_runs for each row
  when (new.step_id = 'notify-user'
    and new.status in ('pending', 'running', 'retrying', 'needs_attention', 'done'))
  execute function note_message();

-- Closes the messages that a cancelled run left in status `sending`.
create function give_up_messages() returns trigger language plpgsql as $$
begin
  update messages as message
  set status = case when step.intent_at is null then 'failed' else 'unknown' end, error = step.error
  from step_runs as step
  where message.run_id = new.id and message.status = 'sending' and step.run_id = new.id
    and message.intent_key = step.run_id || ':' || step.step_id || ':' || step.revision;
  return null;
end $$;
create trigger runs_give_up_messages after update of status on runs for each row
  when (old.status <> new.status and new.status = 'cancelled') execute function give_up_messages();
