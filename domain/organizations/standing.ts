import { sql, type Transaction } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { Database } from '../database/tables.ts'
import type { PlaceInTree } from './organization-tree.ts'
import { mayHold } from './organization-types.ts'
import { subtreeEnd } from '../access/subtree.ts'

/**
 * Suspends or closes an organization. The units of an enterprise go along, and those below a unit; those which were inactive
 * on their own account stay as they are, and so does everybody below a partner. Whoever is signed in there is signed out.
 * All data is kept.
 */
export async function deactivate(
  transaction: Transaction<Database>,
  { id, type, path }: PlaceInTree,
  status: 'suspended' | 'closed',
): Promise<void> {
  // Told by webhook as organization.suspended, or organization.closed: see database/schema/webhook-events.sql.
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
      const goesAlong = eb.or([eb('status', '=', 'active'), eb('status_follows', '=', id)])
      return eb.and([
        eb('path', '>=', path),
        eb('path', '<', subtreeEnd(path)),
        eb.or([itself, eb.and([eb('type', '=', 'unit'), goesAlong])]),
      ])
    })
    .execute()
  await sql`
    delete from sessions using users, organizations as organization
    where sessions.user_id = users.id and users.organization_id = organization.id
      and (organization.id = ${id} or organization.status_follows = ${id})
  `.execute(transaction)
}

/** Makes an organization active again, and with it exactly those units that went along when it was suspended or closed. */
export async function reactivate(transaction: Transaction<Database>, { id }: { id: string }): Promise<void> {
  // Told by webhook as organization.restored: see database/schema/webhook-events.sql.
  await transaction
    .updateTable('organizations')
    .set({ status: 'active', status_follows: null, ...changed })
    .where((eb) => eb.or([eb('id', '=', id), eb('status_follows', '=', id)]))
    .execute()
}

/**
 * The path of the organization whose key last asked for an account to be suspended or closed, unless that was taken back;
 * undefined when no key did.
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

/** How many accounts directly below an organization are not closed. Units don't count: they go along. */
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
