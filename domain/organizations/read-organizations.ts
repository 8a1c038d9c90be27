import { sql } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { OrganizationsTable } from '../database/tables/organization-tables.ts'
import { isId } from '../ids.ts'
import { idsOnPath, type Subtree, subtreeEnd } from '../access/subtree.ts'
import type { Page } from '../database/list-page.ts'
import { containing } from '../database/text-search.ts'

export const organizationColumns = [
  'id',
  'type',
  'parent_id as parentId',
  'path',
  'status',
  'version',
  'name',
  'country',
  'state',
  'city',
  'address_line1 as addressLine1',
  'postal_code as postalCode',
  'phone',
  'website',
  'external_id as externalId',
  'notes',
  'default_billing_adapter as defaultBillingAdapter',
  'created_at as createdAt',
  'updated_at as updatedAt',
] as const

/** A literal in the statement, so that Postgres can use the partial index on the platform. */
const platformType = sql.lit<'platform'>('platform')

export interface Organization {
  id: string
  type: OrganizationsTable['type']
  parentId: string | null
  path: string
  status: 'active' | 'suspended' | 'closed'
  version: number
  name: string
  country: string
  state: string
  city: string | null
  addressLine1: string | null
  postalCode: string | null
  phone: string | null
  website: string | null
  externalId: string | null
  notes: string | null
  /** The billing adapter that a partner chose for the accounts added below it; null when it chose none. */
  defaultBillingAdapter: string | null
  createdAt: Date
  updatedAt: Date
}

/**
 * Finds an organization of the subtree. @param id `root` names the platform.
 * @returns undefined when the organization does not exist or is outside of the subtree. Callers must not tell the two apart.
 */
export async function findOrganization(
  db: DatabaseConnection,
  subtree: Subtree,
  id: string,
): Promise<Organization | undefined> {
  if (id !== 'root' && !isId(id, 'org')) return undefined
  const query = within(db, subtree)
  return (
    id === 'root' ? query.where('type', '=', platformType) : query.where('id', '=', id)
  ).executeTakeFirst()
}

/**
 * The organizations of the subtree, each before those below it. The order is by path, so that the cost of a page does not
 * grow with the tree.
 * @param filter `search` matches part of the name, in upper or lower case.
 */
export async function listOrganizations(
  db: DatabaseConnection,
  subtree: Subtree,
  filter: Page & { search?: string | undefined },
): Promise<Organization[]> {
  let query = within(db, subtree).orderBy('path').limit(filter.limit)
  if (filter.after !== undefined) {
    const last = db.selectFrom('organizations').select('path').where('id', '=', filter.after)
    query = query.where('path', '>', last)
  }
  if (filter.search !== undefined) {
    query = query.where('name', 'ilike', containing(filter.search))
  }
  return query.execute()
}

export async function listChildren(
  db: DatabaseConnection,
  parentId: string,
  page: Page,
): Promise<Organization[]> {
  let query = db
    .selectFrom('organizations')
    .select(organizationColumns)
    .where('parent_id', '=', parentId)
    .orderBy('id')
    .limit(page.limit)
  if (page.after !== undefined) query = query.where('id', '>', page.after)
  return query.execute()
}

export async function platformId(db: DatabaseConnection): Promise<string> {
  const row = await db
    .selectFrom('organizations')
    .select('id')
    .where('type', '=', platformType)
    .executeTakeFirstOrThrow()
  return row.id
}

/** The path of the platform, which is also its id followed by `/`. */
export async function platformPath(db: DatabaseConnection): Promise<Subtree> {
  return `${await platformId(db)}/`
}

/** The status of the parent of an organization. @throws NoResultError for the platform, which has no parent. */
export async function findParentStatus(
  db: DatabaseConnection,
  organizationId: string,
): Promise<Organization['status']> {
  const row = await db
    .selectFrom('organizations')
    .innerJoin('organizations as parent', 'parent.id', 'organizations.parent_id')
    .select('parent.status')
    .where('organizations.id', '=', organizationId)
    .executeTakeFirstOrThrow()
  return row.status
}

/** The billing adapter of accounts below an organization: the choice of the nearest partner above that made one. */
export async function inheritedBillingAdapter(
  db: DatabaseConnection,
  { type, path, defaultBillingAdapter }: Pick<Organization, 'type' | 'path' | 'defaultBillingAdapter'>,
): Promise<string | null> {
  if (defaultBillingAdapter !== null || type === 'platform') return defaultBillingAdapter
  const row = await db
    .selectFrom('organizations')
    .select('default_billing_adapter')
    .where('id', 'in', idsOnPath(path))
    .where('default_billing_adapter', 'is not', null)
    .orderBy('path', 'desc')
    .executeTakeFirst()
  return row?.default_billing_adapter ?? null
}

/** The nearest partner in a path, the organization itself included; the platform when there is no partner. */
export async function nearestPartnerId(db: DatabaseConnection, path: string): Promise<string> {
  const row = await db
    .selectFrom('organizations')
    .select('id')
    .where('id', 'in', idsOnPath(path))
    .where('type', 'in', ['partner', 'platform'])
    .orderBy('path', 'desc')
    .executeTakeFirstOrThrow()
  return row.id
}

function within(db: DatabaseConnection, subtree: Subtree) {
  return db
    .selectFrom('organizations')
    .select(organizationColumns)
    .where('path', '>=', subtree)
    .where('path', '<', subtreeEnd(subtree))
}
