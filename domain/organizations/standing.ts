import { sql, type Transaction } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { Database } from '../database/tables.ts'
import type { PlaceInTree } from './organization-tree.ts'
import { mayHold } from './organization-types.ts'
import { subtreeEnd } from '../access/subtree.ts'

/**
 * Suspends or closes an organization. For an enterprise or unit, the units below it get the same status, except those with
 * a status that was decided for them. Organizations below a partner keep their status. Users of the changed organizations
 * are signed out. All data is kept.
 */
export async function deactivate(
  transaction: Transaction<Database>,
  { id, type, path }: PlaceInTree,
  status: 'suspended' | 'closed',
): Promise<void> {
  // Sends the webhook event organization.suspended or organization.closed: see database/schema/webhook-events.sql.
  await transaction
    .updateTable('organizations')
    .set((eb) => ({
      status,
      status_follows: eb.case().when('id', '=', id).then(null).else(id).end(),
      ...changed,
    }))
    .where((eb) => {
      const itself = eb('id', '=', id)
      if (!mayHold(type, 'unit')) return itself
      const follows = eb.or([eb('status', '=', 'active'), eb('status_follows', '=', id)])
      return eb.and([
        eb('path', '>=', path),
        eb('path', '<', subtreeEnd(path)),
        eb.or([itself, eb.and([eb('type', '=', 'unit'), follows])]),
      ])
    })
    .execute()
  await sql`
    delete from sessions using users, organizations as organization
    where sessions.user_id = users.id and users.organization_id = organization.id
      and (organization.id = ${id} or organization.status_follows = ${id})
  `.execute(transaction)
}

/** Makes an organization active, and the units whose status followed it when it was suspended or closed. */
export async function reactivate(transaction: Transaction<Database>, { id }: { id: string }): Promise<void> {
  // Sends the webhook event organization.restored: see database/schema/webhook-events.sql.
  await transaction
    .updateTable('organizations')
    .set({ status: 'active', status_follows: null, ...changed })
    .where((eb) => eb.or([eb('id', '=', id), eb('status_follows', '=', id)]))
    .execute()
}

/**
 * Finds who suspended or closed an account. Runs that were cancelled or failed do not count.
 * @returns the path of the organization whose API key made the last such request; undefined when no key made one.
 */
export async function findWhoDeactivated(
  db: DatabaseConnection,
  organizationId: string,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('runs')
    .innerJoin('api_keys', 'api_keys.id', 'runs.api_key_id')
    .innerJoin('organizations', 'organizations.id', 'api_keys.organization_id')
    .select('organizations.path')
    .where('runs.organization_id', '=', organizationId)
    .where('runs.kind', 'in', ['suspend-account', 'close-account'])
    .where('runs.status', 'not in', ['cancelled', 'failed'])
    .orderBy('runs.id', 'desc')
    .executeTakeFirst()
  return row?.path
}

/** The number of accounts directly below an organization that are not closed, without units, whose status follows it. */
export async function countOpenAccounts(db: DatabaseConnection, id: string): Promise<number> {
  const { open } = await db
    .selectFrom('organizations')
    .select(sql<number>`count(*)::int`.as('open'))
    .where('parent_id', '=', id)
    .where('type', '!=', 'unit')
    .where('status', '!=', 'closed')
    .executeTakeFirstOrThrow()
  return open
}

const changed = { version: sql<number>`version + 1`, updated_at: sql<Date>`now()` }
