import { type Kysely, sql } from 'kysely'

/**
 * The whole schema of the first release. Migrations are numbered, run once, and are never edited after release.
 * Statuses are text with a check, not enum types: adding a value must not need a table lock.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  // `path` is every ancestor's id and the organization's own, each followed by '/'. C collation makes a subtree one
  // contiguous btree range.
  `create table organizations (
    id text primary key,
    type text not null check (type in ('platform', 'partner', 'customer', 'enterprise', 'unit')),
    parent_id text references organizations (id),
    path text collate "C" not null unique,
    name text not null,
    country text not null,
    state text not null,
    city text, address_line1 text, postal_code text, phone text, website text, external_id text, notes text,
    status text not null default 'active' check (status in ('active', 'suspended', 'closed')),
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check ((type = 'platform') = (parent_id is null))
  )`,
  `create unique index organizations_single_platform on organizations (type) where type = 'platform'`,
  `create index organizations_parent on organizations (parent_id, id)`,

  `create table users (
    id text primary key,
    organization_id text not null references organizations (id),
    full_name text not null,
    email text not null check (email = lower(email)),
    email_verified boolean not null default false,
    image text,
    invitation_status text not null default 'not_sent'
      check (invitation_status in ('not_sent', 'sent', 'accepted', 'failed')),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
  )`,
  `create unique index users_email on users (email)`,
  `create index users_organization on users (organization_id, id)`,

  // The tables the identity library writes: a password is a credential row; a password link is a verification row
  // whose identifier is a hash of the token.
  `create table credentials (
    id text primary key,
    account_id text not null,
    provider_id text not null,
    user_id text not null references users (id) on delete cascade,
    access_token text, refresh_token text, id_token text,
    access_token_expires_at timestamptz, refresh_token_expires_at timestamptz,
    scope text, password text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
  )`,
  `create index credentials_user on credentials (user_id)`,
  `create table sessions (
    id text primary key,
    user_id text not null references users (id) on delete cascade,
    token text not null unique,
    expires_at timestamptz not null,
    ip_address text, user_agent text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
  )`,
  `create index sessions_user on sessions (user_id)`,
  `create table verifications (
    id text primary key,
    identifier text not null,
    value text not null,
    expires_at timestamptz not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
  )`,
  `create index verifications_identifier on verifications (identifier)`,
  `create index verifications_value on verifications (value)`,

  `create table api_keys (
    id text primary key,
    name text not null,
    role text not null check (role in ('platform', 'partner')),
    organization_id text not null references organizations (id),
    key_hash text not null unique,
    created_at timestamptz not null default now(),
    revoked_at timestamptz
  )`,

  `create table onboardings (
    id text primary key,
    parent_id text not null references organizations (id),
    api_key_id text not null references api_keys (id),
    idempotency_key text,
    body_hash text not null,
    request jsonb not null,
    plan jsonb not null,
    status text not null default 'accepted' check (status in
      ('accepted', 'running', 'needs_attention', 'cancelling', 'completed', 'cancelled', 'failed')),
    organization_id text,
    user_id text,
    workflow_run_id text,
    event_count integer not null default 0,
    accepted_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    settled_at timestamptz
  )`,
  `create unique index onboardings_idempotency on onboardings (api_key_id, parent_id, idempotency_key)
    where idempotency_key is not null`,
  `create index onboardings_parent on onboardings (parent_id, id)`,
  `create index onboardings_open on onboardings (updated_at)
    where status in ('accepted', 'running', 'needs_attention', 'cancelling')`,

  // The step ledger: idempotency record, progress and audit trail in one.
  `create table step_runs (
    onboarding_id text not null references onboardings (id),
    step_id text not null,
    revision integer not null default 1,
    status text not null check (status in
      ('pending', 'running', 'retrying', 'needs_attention', 'done', 'skipped', 'compensated')),
    attempts integer not null default 0,
    attempt_token text,
    intent_at timestamptz,
    output jsonb,
    external_reference text,
    error jsonb,
    correction jsonb,
    actor text,
    reason text,
    started_at timestamptz,
    finished_at timestamptz,
    primary key (onboarding_id, step_id, revision)
  )`,

  `create table onboarding_events (
    onboarding_id text not null references onboardings (id),
    sequence integer not null,
    type text not null,
    data jsonb not null,
    created_at timestamptz not null default now(),
    primary key (onboarding_id, sequence)
  )`,

  `create table subscriptions (
    id text primary key,
    organization_id text not null unique references organizations (id),
    kind text not null check (kind in ('trial', 'purchased')),
    status text not null check (status in ('active', 'cancelled')),
    billing_adapter text not null,
    external_customer_id text,
    external_subscription_id text,
    trial_ends_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check ((kind = 'trial') = (trial_ends_at is not null))
  )`,

  // What the built-in \`ledger\` billing provider keeps of its own, keyed by the caller's idempotency key.
  `create table ledger_records (
    idempotency_key text primary key,
    id text not null unique,
    kind text not null check (kind in ('customer', 'subscription')),
    organization_id text not null,
    plan jsonb,
    cancelled_at timestamptz,
    created_at timestamptz not null default now()
  )`,

  // \`allocated\` is null for a purchased plan without an upper limit.
  `create table license_pools (
    organization_id text primary key references organizations (id),
    allocated integer check (allocated between 0 and 100000),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
  )`,

  // Locks first and reads the steps after: a wait for the lock must not leave the reader with what was true before it.
  `create function lock_onboarding(wanted text) returns jsonb language plpgsql as $$
  declare
    locked onboardings%rowtype;
  begin
    select * into locked from onboardings where id = wanted for update;
    if not found then
      return null;
    end if;
    return jsonb_build_object(
      'id', locked.id,
      'parentId', locked.parent_id,
      'status', locked.status,
      'request', locked.request,
      'plan', locked.plan,
      'runs', (
        select coalesce(jsonb_agg(jsonb_build_object(
          'stepId', step_id, 'revision', revision, 'status', status, 'attempts', attempts,
          'attemptToken', attempt_token, 'intentAt', intent_at, 'output', output, 'error', error)), '[]')
        from (
          select distinct on (step_id) * from step_runs where onboarding_id = wanted order by step_id, revision desc
        ) as newest));
  end $$`,
]
