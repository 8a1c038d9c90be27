-- The decisions of people and of the clock on runs: the audit trail. `taken_at` is set when the run acts on the decision, and
-- `refusal` when the run does not take it. While both are null, the outcome is not known.
create table decisions (
  id text primary key,
  run_id text not null references runs (id),
  -- Null: every stuck step, or the run as a whole.
  step_id text,
  action text not null check (action in ('retry', 'skip', 'cancel')),
  source text not null check (source in ('api', 'signal', 'clock', 'bulk')),
  -- A decision by signal or by the clock has no row until a run takes it. The key keeps it to one row.
  signal_key text,
  -- The id of an API key, or the name that a person typed into a signal; so it is not a foreign key.
  actor text,
  reason text,
  undo jsonb,
  changes jsonb not null default '[]',
  revision integer,
  refusal text,
  decided_at timestamptz not null default now(),
  taken_at timestamptz,
  -- The ids of the steps on which the run has acted, so that a repeated action is noticed. `*` stands for the whole run.
  acted_on text[] not null default '{}',
  check (refusal is null or taken_at is null)
);
create index decisions_run on decisions (run_id, id);
create unique index decisions_signal on decisions (run_id, signal_key) where signal_key is not null;
-- lock_run looks for a cancel that is not taken yet, before a run is completed.
create index decisions_open_cancels on decisions (run_id)
  where action = 'cancel' and taken_at is null and refusal is null;

-- One decision on many runs. The runs are fixed when it is accepted: bulk_decision_items has a row for each.
create table bulk_decisions (
  id text primary key,
  api_key_id text not null references api_keys (id),
  organization_id text not null references organizations (id),
  action text not null check (action in ('retry', 'skip', 'cancel')),
  filter jsonb not null,
  reason text not null,
  undo jsonb,
  at_once integer not null check (at_once > 0),
  total integer not null,
  idempotency_key text,
  body_hash text not null,
  accepted_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  started_at timestamptz,
  closed_at timestamptz
);
create unique index bulk_decisions_idempotency on bulk_decisions (api_key_id, idempotency_key)
  where idempotency_key is not null;
create index bulk_decisions_open on bulk_decisions (updated_at) where closed_at is null;

create table bulk_decision_items (
  -- The id that the decision of this item will have. It keeps the item to one decision when a send is repeated. Not a foreign
  -- key, because the row of the decision is inserted later.
  decision_id text primary key,
  bulk_id text not null references bulk_decisions (id),
  run_id text not null references runs (id),
  step_id text,
  status text not null default 'pending' check (status in
    ('pending', 'sent', 'completed', 'needs_attention', 'cancelled', 'failed', 'refused')),
  refusal text,
  updated_at timestamptz not null default now()
);
create index bulk_decision_items_bulk on bulk_decision_items (bulk_id, decision_id);
create index bulk_decision_items_open on bulk_decision_items (bulk_id, decision_id)
  where status in ('pending', 'sent');
