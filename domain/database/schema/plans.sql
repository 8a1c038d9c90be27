-- The plan that an account has now, and the provider that bills it.
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
-- For the rounds that remind of trials and end them.
create index subscriptions_trials on subscriptions (trial_ends_at) where kind = 'trial' and status = 'active';

-- The plans that an account has had, one after the other, and which provider billed it then. What is used in a month is rated
-- by them.
create table plan_periods (
  id text primary key,
  organization_id text not null references organizations (id) on delete cascade,
  kind text not null check (kind in ('trial', 'purchased')),
  -- Null: without an upper limit.
  licenses integer,
  trial_ends_at timestamptz,
  billing_adapter text not null,
  external_customer_id text not null,
  external_subscription_id text not null,
  starts_at timestamptz not null default now(),
  ends_at timestamptz,
  check (ends_at >= starts_at)
);
create unique index plan_periods_current on plan_periods (organization_id) where ends_at is null;
create index plan_periods_subscription on plan_periods (organization_id, external_subscription_id);
-- To find whose something is that a provider told.
create index plan_periods_customer on plan_periods (external_customer_id);
create index plan_periods_at_provider on plan_periods (external_subscription_id);
-- To compare what is open here with what is open at a provider.
create index plan_periods_by_adapter on plan_periods (billing_adapter, organization_id) where ends_at is null;
