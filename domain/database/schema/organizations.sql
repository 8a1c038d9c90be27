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

-- The decisions to suspend, close or restore an organization. Each level above the organization decides for itself.
create table standing_decisions (
  organization_id text not null references organizations (id) on delete cascade,
  -- The order of the decisions on one organization.
  number bigint generated always as identity,
  -- The path of the organization whose API key made the decision. Without a key it is that of the platform.
  level_path text not null,
  -- `active`: the level ended its own decision and those of the levels below it.
  status text not null check (status in ('active', 'suspended', 'closed')),
  -- The id of the run or finding that carried out the decision. An undo of the run deletes the decision.
  decided_by text not null,
  decided_at timestamptz not null default now(),
  primary key (organization_id, number)
);

-- The decisions on an organization that stand: of each level the last one, unless that level or one above it has ended it.
create function standing_of(organization text) returns table (level_path text, status text) language sql stable as $$
  select decision.level_path, decision.status from standing_decisions as decision
  where decision.organization_id = organization and decision.status <> 'active' and not exists (
    select from standing_decisions as later
    where later.organization_id = organization and later.number > decision.number
      and (later.level_path = decision.level_path
        or later.status = 'active' and starts_with(decision.level_path, later.level_path)))
$$;

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
