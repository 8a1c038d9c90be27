import { createHash, randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import { newId } from '../ids.ts'
import { platformId } from '../organizations/read-organizations.ts'

/** The API key of a request, and the subtree that the key may see and change. */
export interface Caller {
  apiKeyId: string
  role: 'platform' | 'partner'
  organizationId: string
  /** The status of that organization. A key of an organization that is not active is refused. */
  organizationStatus: 'active' | 'suspended' | 'closed'
  /** The path of that organization. The path of every organization in its subtree starts with it. */
  path: string
}

const bootstrapName = 'bootstrap'

/** Makes a key from 32 random bytes. The key is shown once; only its hash is stored. */
export function generateApiKey(): string {
  return `tnt_${randomBytes(32).toString('base64url')}`
}

/** A key has 256 random bits, so an unsalted hash is safe, and a lookup is one index read. */
function hashApiKey(key: string): string {
  return createHash('sha256').update(key).digest('hex')
}

/** @returns the caller that owns the key; undefined when the key does not exist or was revoked. */
export async function findCaller(db: DatabaseConnection, key: string): Promise<Caller | undefined> {
  const row = await db
    .selectFrom('api_keys')
    .innerJoin('organizations', 'organizations.id', 'api_keys.organization_id')
    .select(['api_keys.id', 'api_keys.role', 'organizations.id as organization_id'])
    .select(['organizations.status', 'organizations.path'])
    .where('api_keys.key_hash', '=', hashApiKey(key))
    .where('api_keys.revoked_at', 'is', null)
    .executeTakeFirst()
  if (row === undefined) return undefined
  return {
    apiKeyId: row.id,
    role: row.role,
    organizationId: row.organization_id,
    organizationStatus: row.status,
    path: row.path,
  }
}

/**
 * Makes `key` the only bootstrap key. A new key is stored in the same row, because idempotency keys belong to the row:
 * with another row, a repeated request would be accepted again.
 */
export async function ensureBootstrapKey(db: DatabaseConnection, key: string): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    // Two processes that start at the same time must not each insert a key.
    await sql`select pg_advisory_xact_lock(hashtext('bootstrap-api-key'))`.execute(transaction)
    const existing = await transaction
      .selectFrom('api_keys')
      .select('id')
      .where('name', '=', bootstrapName)
      .executeTakeFirst()
    if (existing !== undefined) {
      await transaction
        .updateTable('api_keys')
        .set({ key_hash: hashApiKey(key), revoked_at: null })
        .where('id', '=', existing.id)
        .execute()
      return
    }
    await transaction
      .insertInto('api_keys')
      .values({
        id: newId('key'),
        name: bootstrapName,
        role: 'platform',
        organization_id: await platformId(transaction),
        key_hash: hashApiKey(key),
      })
      .execute()
  })
}

/**
 * Creates an API key for the subtree of an organization.
 * @returns the id of the key and the key itself, which cannot be read again.
 * @throws Error when the name is reserved for the bootstrap key, the organization does not exist, or the type of the
 * organization differs from the role.
 */
export async function createApiKey(
  db: DatabaseConnection,
  key: { name: string; role: 'platform' | 'partner'; organizationId: string },
): Promise<{ id: string; key: string }> {
  if (key.name === bootstrapName) throw new Error(`The name "${bootstrapName}" is reserved.`)
  const organization = await db
    .selectFrom('organizations')
    .select('type')
    .where('id', '=', key.organizationId)
    .executeTakeFirst()
  if (organization === undefined) throw new Error(`There is no organization ${key.organizationId}.`)
  if (organization.type !== key.role) {
    throw new Error(
      `A ${key.role} key belongs to a ${key.role}, and this organization is a ${organization.type}.`,
    )
  }
  const id = newId('key')
  const secret = generateApiKey()
  await db
    .insertInto('api_keys')
    .values({
      id,
      name: key.name,
      role: key.role,
      organization_id: key.organizationId,
      key_hash: hashApiKey(secret),
    })
    .execute()
  return { id, key: secret }
}

/** Revokes an API key. A revoked key stays revoked. @returns false when the key does not exist. */
export async function revokeApiKey(db: DatabaseConnection, id: string): Promise<boolean> {
  const row = await db
    .updateTable('api_keys')
    .set({ revoked_at: sql<Date>`coalesce(revoked_at, now())` })
    .where('id', '=', id)
    .returning('id')
    .executeTakeFirst()
  return row !== undefined
}

/** All API keys, oldest first, without their hashes. */
export async function listApiKeys(db: DatabaseConnection) {
  return db
    .selectFrom('api_keys')
    .select(['id', 'name', 'role', 'organization_id', 'created_at', 'revoked_at'])
    .orderBy('id')
    .execute()
}
