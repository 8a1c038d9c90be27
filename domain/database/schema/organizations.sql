-- The hierarchy of accounts. Its root is the one organization of type `platform`.
create table organizations (
  id text primary key,
  type text not null check (type in ('platform', 'partner', 'customer', 'enterprise', 'unit')),
  parent_id text references organizations (id),
  -- The ids of all ancestors and of the organization itself, each followed by '/'. With the C collation a subtree is one
  -- contiguous range of the index.
  path text collate "C" not null unique,
  name text not null,
  country text not null,
  state text not null,
  city text,
  address_line1 text,
  postal_code text,
  phone text,
  website text,
  external_id text,
  notes text,
  -- The strongest decision that stands about the organization; for a unit also those about the organizations from it up to its
  -- enterprise. Derived from standing_decisions.
  status text not null default 'active' check (status in ('active', 'suspended', 'closed')),
  -- A partner's default for the accounts added below it. Null: the default of the next partner above.
  default_billing_adapter text,
  -- Increases with each change. The API returns it as the ETag.
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check ((type = 'platform') = (parent_id is null))
);
create unique index organizations_single_platform on organizations (type) where type = 'platform';
create index organizations_parent on organizations (parent_id, id);

-- The decisions to suspend or close an organization. Each level above the organization decides for itself.
create table standing_decisions (
  organization_id text not null references organizations (id) on delete cascade,
  -- The organization whose API key made the decision. Without a key it is the platform.
  level_id text not null references organizations (id),
  status text not null check (status in ('suspended', 'closed')),
  -- The run or finding that carried out the decision. Not a foreign key: findings decide too.
  decided_by text not null,
  decided_at timestamptz not null default now(),
  -- The run or finding that ended the decision, by a restore or by another decision of the same level. Null: the decision
  -- stands. An undo of the run sets it to null again.
  ended_by text,
  primary key (organization_id, decided_by)
);
create unique index standing_decisions_one_of_each_level on standing_decisions (organization_id, level_id)
  where ended_by is null;

-- The periods in which an organization was suspended or closed. Its devices use no license in them.
create table inactive_periods (
  organization_id text not null references organizations (id) on delete cascade,
  starts_at timestamptz not null,
  ends_at timestamptz,
  check (ends_at >= starts_at)
);
create index inactive_periods_organization on inactive_periods (organization_id);

create function record_inactive_period() returns trigger language plpgsql as $$
begin
  if new.status = 'active' then
    update inactive_periods set ends_at = greatest(starts_at, clock_timestamp())
    where organization_id = new.id and ends_at is null;
  elsif old.status = 'active' then
    insert into inactive_periods (organization_id, starts_at) values (new.id, clock_timestamp());
  end if;
  return null;
end $$;
create trigger organizations_inactive_periods after update on organizations
  for each row when (old.status <> new.status) execute function record_inactive_period();

-- Changes to the fields of an organization, with the old and new values and the actor.
create table organization_changes (
  id text primary key,
  organization_id text not null references organizations (id) on delete cascade,
  -- The id of an API key, or the name given to `npx tenantry reconcile`; so it is not a foreign key.
  actor text not null,
  fields jsonb not null,
  created_at timestamptz not null default now()
);
create index organization_changes_organization on organization_changes (organization_id);
