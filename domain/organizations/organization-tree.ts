import { sql, type Transaction } from 'kysely'
import type { CompanyRequest } from '../runs/add-account-request.ts'
import type { DatabaseConnection } from '../database/connection.ts'
import type { Database } from '../database/tables.ts'
import { newId } from '../ids.ts'
import type { AccountType, OrganizationType } from './organization-types.ts'

/** Deeper trees are refused: the path of an organization is an index key, and keys have a largest size. */
export const maximumDepth = 32

/** An organization as the rules about its place need it. */
export interface PlaceInTree {
  id: string
  type: OrganizationType
  path: string
  status: 'active' | 'suspended' | 'closed'
}

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

/** `findPlace` that also keeps the organization from being taken back until the transaction ends. */
export function holdPlace(transaction: Transaction<Database>, id: string): Promise<PlaceInTree | undefined> {
  return placeOf(transaction, id).forKeyShare().executeTakeFirst()
}

/** `findPlace` that holds the organization until the transaction ends: until then no run about it is accepted. */
export function lockPlace(transaction: Transaction<Database>, id: string): Promise<PlaceInTree | undefined> {
  return placeOf(transaction, id).forUpdate().executeTakeFirst()
}

function placeOf(transaction: Transaction<Database>, id: string) {
  return transaction.selectFrom('organizations').select(['id', 'type', 'path', 'status']).where('id', '=', id)
}

/** How many organizations are on the way from the platform down to this one, itself included. */
export function depthOf(path: string): number {
  return path.split('/').length - 1
}

/** Adds an organization below `parent`. The caller has checked the hierarchy rules. @returns its id. */
export async function insertOrganization(
  transaction: Transaction<Database>,
  organization: { parentId: string; type: AccountType; company: CompanyRequest },
): Promise<string> {
  const { company } = organization
  const id = newId('org')
  // Told by webhook as organization.created: see database/schema/webhook-events.sql.
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
 * Takes back an organization that nothing hangs on yet. One below which onboardings were tried and ended, or whose
 * devices were all removed, is closed instead, because their history names it.
 * @returns false when something is below it or being added there, and then leaves it as it is.
 */
export async function deleteEmptyOrganization(
  transaction: Transaction<Database>,
  id: string,
): Promise<boolean> {
  // From here on nothing can be added to it: what is being added now is waited for, and then seen.
  await transaction.selectFrom('organizations').select('id').where('id', '=', id).forUpdate().execute()
  const child = await transaction
    .selectFrom('organizations')
    .select('id')
    .where('parent_id', '=', id)
    .executeTakeFirst()
  const user = await transaction
    .selectFrom('users')
    .select('id')
    .where('organization_id', '=', id)
    .executeTakeFirst()
  const device = await transaction
    .selectFrom('devices')
    .select('removed_at')
    .where('organization_id', '=', id)
    // Descending has nulls first, so one that was not removed is found before all others.
    .orderBy('removed_at', 'desc')
    .executeTakeFirst()
  const onboardings = await transaction
    .selectFrom('runs')
    .select('closed_at')
    .where('parent_id', '=', id)
    .execute()
  if (child !== undefined || user !== undefined || device?.removed_at === null) return false
  if (onboardings.some((onboarding) => onboarding.closed_at === null)) return false
  // Told by webhook as organization.closed, or organization.removed: see database/schema/webhook-events.sql.
  if (onboardings.length > 0 || device !== undefined) {
    await transaction.updateTable('organizations').set({ status: 'closed' }).where('id', '=', id).execute()
  } else {
    await transaction.deleteFrom('organizations').where('id', '=', id).execute()
  }
  return true
}
