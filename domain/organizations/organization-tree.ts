import { sql, type Transaction } from 'kysely'
import type { CompanyRequest } from '../runs/add-account-request.ts'
import type { DatabaseConnection } from '../database/connection.ts'
import type { Database } from '../database/tables.ts'
import { newId } from '../ids.ts'
import type { AccountType, OrganizationType } from './organization-types.ts'

/** The largest depth of the hierarchy. The path of an organization is an index key, and Postgres limits the size of keys. */
export const maximumDepth = 32

export interface PlaceInTree {
  id: string
  type: OrganizationType
  path: string
  status: 'active' | 'suspended' | 'closed'
}

/** Reads the type, path and status of an organization. @returns undefined when it does not exist. */
export async function findPlace(
  db: DatabaseConnection,
  id: string,
): Promise<(PlaceInTree & { name: string }) | undefined> {
  return db
    .selectFrom('organizations')
    .select(['id', 'name', 'type', 'path', 'status'])
    .where('id', '=', id)
    .executeTakeFirst()
}

/** `findPlace` with a lock: until the transaction ends, the organization cannot be deleted. */
export function holdPlace(transaction: Transaction<Database>, id: string): Promise<PlaceInTree | undefined> {
  return placeOf(transaction, id).forKeyShare().executeTakeFirst()
}

/** `findPlace` with a stronger lock: until the transaction ends, no run on the organization is accepted either. */
export function lockPlace(transaction: Transaction<Database>, id: string): Promise<PlaceInTree | undefined> {
  return placeOf(transaction, id).forUpdate().executeTakeFirst()
}

function placeOf(transaction: Transaction<Database>, id: string) {
  return transaction.selectFrom('organizations').select(['id', 'type', 'path', 'status']).where('id', '=', id)
}

/** The number of organizations in a path, from the platform to the organization itself. */
export function depthOf(path: string): number {
  return path.split('/').length - 1
}

/** Adds an organization under its parent. The caller has checked the rules of the hierarchy. @returns the new id. */
export async function insertOrganization(
  transaction: Transaction<Database>,
  organization: { parentId: string; type: AccountType; company: CompanyRequest },
): Promise<string> {
  const { company } = organization
  const id = newId('org')
  // Sends the webhook event organization.created: see database/schema/webhook-events.sql.
  await transaction
    .insertInto('organizations')
    .values((eb) => ({
      id,
      type: organization.type,
      parent_id: organization.parentId,
      path: eb
        .selectFrom('organizations as parent')
        .select(sql<string>`parent.path || ${id} || '/'`.as('path'))
        .where('parent.id', '=', organization.parentId),
      name: company.name,
      country: company.country,
      state: company.state,
      city: company.city ?? null,
      address_line1: company.addressLine1 ?? null,
      postal_code: company.postalCode ?? null,
      phone: company.phone ?? null,
      website: company.website ?? null,
      external_id: company.externalId ?? null,
      notes: company.notes ?? null,
    }))
    .execute()
  return id
}

/**
 * Deletes an organization without children, users and devices. When closed runs, removed devices or invoices refer to it, it
 * is closed instead, because their records name it.
 * @returns false, without a change, when something is below the organization or a run on it or below it is open.
 */
export async function deleteEmptyOrganization(
  transaction: Transaction<Database>,
  id: string,
): Promise<boolean> {
  // The lock waits for transactions that add something to the organization, and prevents new ones.
  await lockPlace(transaction, id)
  const { rows: below } = await sql`
    select id from organizations where parent_id = ${id} union all select id from users where organization_id = ${id} limit 1
  `.execute(transaction)
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
  if (runs.length > 0 || device !== undefined || invoice !== undefined) {
    await transaction.updateTable('organizations').set({ status: 'closed' }).where('id', '=', id).execute()
  } else {
    await transaction.deleteFrom('organizations').where('id', '=', id).execute()
  }
  return true
}
