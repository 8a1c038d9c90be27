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
