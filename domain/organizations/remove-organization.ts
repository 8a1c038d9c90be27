import { sql, type Transaction } from 'kysely'
import type { Database } from '../database/tables.ts'
import { lockPlace } from './organization-tree.ts'
import { platformPath } from './read-organizations.ts'
import { decideStanding, lockStanding } from './standing.ts'

/**
 * Deletes an organization without children, users and devices. When closed runs, deactivated users, removed devices or invoices
 * refer to it, it is closed instead, because their records name it.
 * @param removal `by` is the id of the run or finding that removes it.
 * @returns false, without a change, when something is below the organization or a run on it or below it is open.
 */
export async function deleteEmptyOrganization(
  transaction: Transaction<Database>,
  { id, by }: { id: string; by: string },
): Promise<boolean> {
  await lockStanding(transaction, id)
  // This lock waits for transactions that add something to the organization, and prevents new ones.
  const place = await lockPlace(transaction, id)
  if (place === undefined) return true
  const { rows: below } = await sql`
    select id from organizations where parent_id = ${id}
    union all select id from users where organization_id = ${id} and email is not null limit 1
  `.execute(transaction)
  const user = await transaction
    .selectFrom('users')
    .select('id')
    .where('organization_id', '=', id)
    .executeTakeFirst()
  const device = await transaction
    .selectFrom('devices')
    .select('removed_at')
    .where('organization_id', '=', id)
    // Descending order puts nulls first, so a device that is not removed comes first.
    .orderBy('removed_at', 'desc')
    .executeTakeFirst()
  const runs = await transaction.selectFrom('runs').select('closed_at').where('parent_id', '=', id).execute()
  if (below.length > 0 || device?.removed_at === null) return false
  if (runs.some((run) => run.closed_at === null)) return false
  // Sends the webhook event organization.closed or organization.removed: see database/schema/webhook-events.sql.
  const invoice = await transaction
    .selectFrom('invoices')
    .select('id')
    .where('organization_id', '=', id)
    .executeTakeFirst()
  const isNamed = device !== undefined || user !== undefined || invoice !== undefined
  if (runs.length > 0 || isNamed) {
    const level = await platformPath(transaction)
    await decideStanding(transaction, place, { level, status: 'closed', by })
  } else {
    await transaction.deleteFrom('organizations').where('id', '=', id).execute()
  }
  return true
}
