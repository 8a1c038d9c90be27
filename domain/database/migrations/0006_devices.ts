import { type Kysely, sql } from 'kysely'

/** Devices, and which of them held a license when. A device that is removed stays, because what it used is billed. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  `create table devices (
    id text primary key,
    organization_id text not null references organizations (id) on delete cascade,
    name text not null,
    hostname text,
    external_id text,
    created_at timestamptz not null default now(),
    removed_at timestamptz
  )`,
  `create index devices_organization on devices (organization_id, id) where removed_at is null`,
  `create unique index devices_external_id on devices (organization_id, external_id)
    where removed_at is null and external_id is not null`,

  `create table license_assignments (
    id text primary key,
    pool_organization_id text not null references organizations (id) on delete cascade,
    device_id text not null references devices (id) on delete cascade,
    assigned_at timestamptz not null default now(),
    released_at timestamptz,
    check (released_at >= assigned_at)
  )`,
  `create unique index license_assignments_one_a_device on license_assignments (device_id) where released_at is null`,
  `create index license_assignments_held on license_assignments (pool_organization_id) where released_at is null`,
  `create index license_assignments_used on license_assignments (pool_organization_id, assigned_at)`,
]
