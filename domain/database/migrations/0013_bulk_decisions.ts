import { type Kysely, sql } from 'kysely'

/** Decisions on many runs at once. What they are about is fixed when they are accepted: a row for each. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  `create table bulk_decisions (
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
    settled_at timestamptz
  )`,
  `create unique index bulk_decisions_idempotency on bulk_decisions (api_key_id, idempotency_key)
    where idempotency_key is not null`,
  `create index bulk_decisions_open on bulk_decisions (updated_at) where settled_at is null`,

  // The id of an item is that of the decision which is made for it, so that it is made once, however often it is begun.
  `create table bulk_decision_items (
    decision_id text primary key,
    bulk_id text not null references bulk_decisions (id),
    onboarding_id text not null references onboardings (id),
    step_id text,
    status text not null default 'pending' check (status in
      ('pending', 'handed_over', 'completed', 'needs_attention', 'cancelled', 'failed', 'refused')),
    refusal text,
    updated_at timestamptz not null default now()
  )`,
  `create index bulk_decision_items_bulk on bulk_decision_items (bulk_id, decision_id)`,
  `create index bulk_decision_items_open on bulk_decision_items (bulk_id, decision_id)
    where status in ('pending', 'handed_over')`,
]
