-- The current plan of each account, and the provider that bills it.
create table subscriptions (
  id text primary key,
  organization_id text not null unique references organizations (id),
  kind text not null check (kind in ('trial', 'purchased')),
  status text not null check (status in ('active', 'expired', 'suspended', 'cancelled')),
  billing_adapter text not null,
  external_customer_id text not null,
  external_subscription_id text not null,
  trial_ends_at timestamptz,
  trial_reminded_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check ((kind = 'trial') = (trial_ends_at is not null))
);
-- For the round that reminds of trials and ends them.
create index subscriptions_trials on subscriptions (trial_ends_at) where kind = 'trial' and status = 'active';

-- The plans of each account over time, with the provider that billed each period. They determine the kind of plan under which
-- usage is billed.
create table plan_periods (
  id text primary key,
  organization_id text not null references organizations (id) on delete cascade,
  kind text not null check (kind in ('trial', 'purchased')),
  -- Null: no upper limit.
  licenses integer,
  trial_ends_at timestamptz,
  billing_adapter text not null,
  external_customer_id text not null,
  external_subscription_id text not null,
  starts_at timestamptz not null default clock_timestamp(),
  ends_at timestamptz,
  check (ends_at >= starts_at)
);
create unique index plan_periods_current on plan_periods (organization_id) where ends_at is null;
create index plan_periods_subscription on plan_periods (organization_id, external_subscription_id);
-- For the account of an event from a provider.
create index plan_periods_customer on plan_periods (external_customer_id);
create index plan_periods_at_provider on plan_periods (external_subscription_id);
-- For reconciliation with the open subscriptions of a provider.
create index plan_periods_by_adapter on plan_periods (billing_adapter, organization_id) where ends_at is null;
