import { type Kysely, sql } from 'kysely'

/**
 * The engine runs more than the adding of accounts: `kind` says what. What a run is about is `organization_id`; `parent_id`
 * stays the organization by which is judged who may see it, which is the account itself for all other kinds. What a
 * schedule asks for has no API key.
 */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  `alter table onboardings add column kind text not null default 'add-account'`,
  `alter table onboardings alter column api_key_id drop not null`,
  // What was cancelled, or refused, a later round may ask for again.
  `create unique index onboardings_idempotency_of_schedules on onboardings (parent_id, kind, idempotency_key)
    where api_key_id is null and status not in ('cancelled', 'failed')`,
  // Two changes to how one account is served or billed would work against each other.
  `create unique index onboardings_one_change_at_a_time on onboardings (organization_id)
    where settled_at is null and kind in
      ('change-plan', 'switch-billing', 'suspend-account', 'restore-account', 'close-account')`,

  // How often a person asked for another try of the step.
  `alter table step_runs add column retries integer not null default 0`,

  `alter table subscriptions drop constraint subscriptions_status_check`,
  `alter table subscriptions add constraint subscriptions_status_check
    check (status in ('active', 'expired', 'suspended', 'cancelled'))`,
  `alter table subscriptions add column trial_reminded_at timestamptz`,
  `create index subscriptions_trials on subscriptions (trial_ends_at) where kind = 'trial' and status = 'active'`,

  // Under which plan, and by whom, an account was billed when: what is used in a month is rated by it.
  `create table plan_periods (
    id text primary key,
    organization_id text not null references organizations (id) on delete cascade,
    kind text not null check (kind in ('trial', 'purchased')),
    licenses integer,
    trial_ends_at timestamptz,
    billing_adapter text not null,
    external_customer_id text not null,
    external_subscription_id text not null,
    starts_at timestamptz not null default now(),
    ends_at timestamptz,
    check (ends_at >= starts_at)
  )`,
  `create unique index plan_periods_current on plan_periods (organization_id) where ends_at is null`,
  `create index plan_periods_subscription on plan_periods (organization_id, external_subscription_id)`,
  `insert into plan_periods (id, organization_id, kind, licenses, trial_ends_at, billing_adapter, external_customer_id,
      external_subscription_id, starts_at)
    select replace(id, 'sub_', 'per_'), organization_id, kind,
      (select allocated from license_pools as pool where pool.organization_id = subscriptions.organization_id),
      trial_ends_at, billing_adapter, coalesce(external_customer_id, ''), coalesce(external_subscription_id, ''), created_at
    from subscriptions where status = 'active'`,

  `create or replace function lock_onboarding(wanted text) returns jsonb language plpgsql as $$
  declare
    locked onboardings%rowtype;
  begin
    select * into locked from onboardings where id = wanted for update;
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
      'runs', (
        select coalesce(jsonb_agg(jsonb_build_object(
          'stepId', step_id, 'revision', revision, 'status', status, 'attempts', attempts, 'retries', retries,
          'attemptToken', attempt_token, 'intentAt', intent_at, 'output', output, 'error', error)), '[]')
        from (
          select distinct on (step_id) * from step_runs where onboarding_id = wanted order by step_id, revision desc
        ) as newest));
  end $$`,
]
