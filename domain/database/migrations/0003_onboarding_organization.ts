import { type Kysely, sql } from 'kysely'

/** An organization's onboardings are looked up by the organization that they made. */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`create index onboardings_organization on onboardings (organization_id)`.execute(db)
}
