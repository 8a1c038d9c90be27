-- A run is one accepted request, carried out by one workflow. `kind` is the kind of request.
create table runs (
  id text primary key,
  kind text not null default 'add-account',
  -- The organization that decides who may see the run: the parent of the added account; for all other kinds the account
  -- itself.
  parent_id text not null references organizations (id),
  -- The organization and user of the run. They are not foreign keys: a run stays after a cancel has removed them.
  organization_id text,
  user_id text,
  -- Null: a schedule made the request.
  api_key_id text references api_keys (id),
  idempotency_key text,
  body_hash text not null,
  request jsonb not null,
  plan jsonb not null,
  status text not null default 'accepted' check (status in
    ('accepted', 'running', 'needs_attention', 'cancelling', 'completed', 'cancelled', 'failed')),
  workflow_run_id text,
  -- The sequence of the newest run event.
  event_count integer not null default 0,
  accepted_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  closed_at timestamptz
);
create unique index runs_idempotency on runs (api_key_id, parent_id, idempotency_key)
  where idempotency_key is not null;
-- A later round may repeat a request whose run was cancelled or failed.
create unique index runs_idempotency_of_schedules on runs (parent_id, kind, idempotency_key)
  where api_key_id is null and status not in ('cancelled', 'failed');
-- Two runs that change the service or billing of one account would conflict.
create unique index runs_one_change_at_a_time on runs (organization_id)
  where closed_at is null and kind in
    ('change-plan', 'switch-billing', 'suspend-account', 'restore-account', 'close-account');
create unique index runs_one_change_of_a_user_at_a_time on runs (user_id)
  where closed_at is null and kind in ('resend-invitation', 'update-user', 'move-user', 'remove-user');
create index runs_parent on runs (parent_id, id);
create index runs_organization on runs (organization_id);
create index runs_user on runs (user_id) where user_id is not null;
-- For the sweeper, which starts the workflows that a crash left unstarted.
create index runs_open on runs (updated_at)
  where status in ('accepted', 'running', 'needs_attention', 'cancelling');

-- The step journal: idempotency record, progress and audit trail of the steps of a run. A corrected input opens a new
-- revision, so that a provider never receives one key with two bodies. A trigger in messages.sql copies the status of messages.
create table step_runs (
  run_id text not null references runs (id),
  step_id text not null,
  revision integer not null,
  status text not null check (status in
    ('pending', 'running', 'retrying', 'needs_attention', 'done', 'skipped', 'compensated')),
  attempts integer not null default 0,
  -- The number of retries that people decided on.
  retries integer not null default 0,
  -- The token of the attempt that may record. An earlier attempt, which Temporal gave up on, has another token.
  attempt_token text,
  -- Set while the outcome of an external call is unknown.
  intent_at timestamptz,
  output jsonb,
  external_reference text,
  error jsonb,
  started_at timestamptz,
  finished_at timestamptz,
  primary key (run_id, step_id, revision)
);

create table run_events (
  run_id text not null references runs (id),
  sequence integer not null,
  type text not null,
  data jsonb not null,
  created_at timestamptz not null default now(),
  primary key (run_id, sequence)
);

-- Locks a run and reads it with its journal, in one round trip. It reads the journal after it has the lock, so that the result
-- contains what other transactions committed during the wait.
create function lock_run(wanted text) returns jsonb language plpgsql as $$
declare
  locked runs%rowtype;
begin
  select * into locked from runs where id = wanted for update;
  if not found then
    return null;
  end if;
  return jsonb_build_object(
    'id', locked.id,
    'kind', locked.kind,
    'parentId', locked.parent_id,
    'status', locked.status,
    'request', locked.request,
    'plan', locked.plan,
    'cancelAsked', exists (
      select from decisions
      where run_id = wanted and action = 'cancel' and taken_at is null and refusal is null),
    'entries', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'stepId', step_id, 'revision', revision, 'status', status, 'attempts', attempts, 'retries', retries,
        'attemptToken', attempt_token, 'intentAt', intent_at, 'output', output, 'error', error)), '[]')
      from (
        select distinct on (step_id) * from step_runs where run_id = wanted order by step_id, revision desc
      ) as newest));
end $$;
