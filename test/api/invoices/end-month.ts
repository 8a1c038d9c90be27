import { sql } from 'kysely'
import { monthBounds } from '../../../domain/billing/months.ts'
import type { DatabaseConnection } from '../../../domain/database/connection.ts'

/** Moves all that happened to an account, and its bills, to the middle of a month. */
export async function endMonth(db: DatabaseConnection, id: string, month: string): Promise<void> {
  const middle = monthBounds(month).from.getTime() + 15 * 24 * 3_600_000
  const past = (column: string) =>
    sql`${sql.ref(column)} - make_interval(secs => ${(Date.now() - middle) / 1_000})`
  const own = sql`organization_id = ${id}`
  const inPool = sql`pool_organization_id = ${id}`
  const below = sql`organization_id in (select id from organizations where path like ${`%${id}%`})`
  await db.transaction().execute(async (transaction) => {
    for (const statement of [
      sql`update plan_periods set starts_at = ${past('starts_at')}, ends_at = ${past('ends_at')} where ${own}`,
      sql`update license_assignments set assigned_at = ${past('assigned_at')}, released_at = ${past('released_at')}
        where ${inPool}`,
      sql`update inactive_periods set starts_at = ${past('starts_at')}, ends_at = ${past('ends_at')} where ${below}`,
      sql`update billed_devices set month = ${month} where bill_id in (select id from bills where ${own})`,
      sql`update bills set month = ${month}, opened_at = ${past('opened_at')} where ${own}`,
    ])
      await statement.execute(transaction)
  })
}
