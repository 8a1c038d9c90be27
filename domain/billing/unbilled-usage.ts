import { sql } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import { monthOf, previousMonth } from './months.ts'
import { unbilledDevices } from './usage.ts'

/** Whether an account has used licenses that no provider was told about: devices on no bill, or an open bill. */
export async function hasUnbilledUsage(db: DatabaseConnection, organizationId: string): Promise<boolean> {
  const first = await db
    .selectFrom('plan_periods')
    .select('starts_at')
    .where('organization_id', '=', organizationId)
    .orderBy('starts_at')
    .executeTakeFirst()
  if (first === undefined) return false
  const open = sql`select from bills where organization_id = ${organizationId} and status = 'open'`
  const account = sql`period.organization_id = ${organizationId}`
  for (let month = monthOf(new Date()); month >= monthOf(first.starts_at); month = previousMonth(month)) {
    const { rows } =
      await sql`select where exists (${open}) or exists (${unbilledDevices(month, account)})`.execute(db)
    if (rows.length > 0) return true
  }
  return false
}
