import { type Kysely, sql } from 'kysely'

/** An external id names one device of an organization for good, so that one which comes back is the same device. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  `drop index devices_external_id`,
  `create unique index devices_external_id on devices (organization_id, external_id)`,
  `create index license_assignments_device on license_assignments (device_id, assigned_at)`,
]
