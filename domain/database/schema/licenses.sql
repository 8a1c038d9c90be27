-- The allocated licenses of each account. Assigned and used licenses are counted from license_assignments, so that a number
-- cannot disagree with the rows.
create table license_pools (
  organization_id text primary key references organizations (id),
  -- Null: a purchased plan without an upper limit.
  allocated integer check (allocated between 0 and 100000),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

-- The row of a removed device stays, because its usage is billed.
create table devices (
  id text primary key,
  organization_id text not null references organizations (id) on delete cascade,
  name text not null,
  hostname text,
  external_id text,
  created_at timestamptz not null default now(),
  removed_at timestamptz
);
create index devices_organization on devices (organization_id, id) where removed_at is null;
-- An external id names one device of an organization permanently: a device that is added again is the same device. A removed
-- device that is added to another unit of the same enterprise moves there.
create unique index devices_external_id on devices (organization_id, external_id);

-- The periods in which a device held a license of a pool. While its organization is inactive, the license is assigned but not
-- used: see inactive_periods.
create table license_assignments (
  id text primary key,
  pool_organization_id text not null references organizations (id) on delete cascade,
  -- The organization of the device at that time, which is the pool's own or a unit.
  organization_id text not null references organizations (id) on delete cascade,
  device_id text not null references devices (id) on delete cascade,
  assigned_at timestamptz not null default clock_timestamp(),
  released_at timestamptz,
  check (released_at >= assigned_at)
);
create unique index license_assignments_one_a_device on license_assignments (device_id) where released_at is null;
-- Counts the assigned licenses.
create index license_assignments_held on license_assignments (pool_organization_id) where released_at is null;
-- Counts the licenses used in a month.
create index license_assignments_used on license_assignments (pool_organization_id, assigned_at);
create index license_assignments_device on license_assignments (device_id, assigned_at);
