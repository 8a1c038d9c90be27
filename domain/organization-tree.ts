import { sql, type Transaction } from 'kysely'
import type { CompanyRequest } from './add-account.ts'
import type { Database } from './database/tables.ts'
import { newId } from './ids.ts'
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
  transaction: Transaction<Database>,
  id: string,
): Promise<PlaceInTree | undefined> {
  return transaction
    .selectFrom('organizations')
    .select(['id', 'type', 'path', 'status'])
    .where('id', '=', id)
    .executeTakeFirst()
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

/** Removes an organization that nothing hangs on yet. @returns false when something is below it, and then keeps it. */
export async function deleteEmptyOrganization(
  transaction: Transaction<Database>,
  id: string,
): Promise<boolean> {
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
  if (child !== undefined || user !== undefined) return false
  await transaction.deleteFrom('organizations').where('id', '=', id).execute()
  return true
}
