import { createHash, randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import { newId } from '../ids.ts'
import { platformId } from '../organizations/read-organizations.ts'

/** Who is calling: a key, and the subtree that it may see and change. */
export interface Caller {
  apiKeyId: string
  role: 'platform' | 'partner'
  organizationId: string
  /** Of that organization: keys of one that is not active open nothing. */
  organizationStatus: 'active' | 'suspended' | 'closed'
  /** Path of that organization: every organization in the subtree has a path that starts with it. */
  path: string
}

const bootstrapName = 'bootstrap'

/** A key in clear: 32 random bytes. It is shown once and only its hash is kept. */
export function generateApiKey(): string {
  return `tnt_${randomBytes(32).toString('base64url')}`
}

/** A key has 256 random bits, so a plain hash can't be guessed back, and looking it up stays one index read. */
function hashApiKey(key: string): string {
  return createHash('sha256').update(key).digest('hex')
}

/** The caller that a key stands for, or undefined when there is no such key or it was revoked. */
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
 * Makes `key` the one bootstrap key. Its row stays the same when the key changes, because idempotency keys belong to the
 * caller: with another row, a request that is sent again would be done again.
 */
export async function ensureBootstrapKey(db: DatabaseConnection, key: string): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    // Two processes that start at once must not make two.
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
 * Makes a key for an organization's subtree.
 * @returns the key in clear, this once.
 * @throws Error in plain words when the name is taken by the bootstrap key, there is no such organization, or its type
 * does not fit the role.
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
  const clear = generateApiKey()
  await db
    .insertInto('api_keys')
    .values({
      id,
      name: key.name,
      role: key.role,
      organization_id: key.organizationId,
      key_hash: hashApiKey(clear),
    })
    .execute()
  return { id, key: clear }
}

/** @returns false when there is no such key. Revoking twice is harmless. */
export async function revokeApiKey(db: DatabaseConnection, id: string): Promise<boolean> {
  const row = await db
    .updateTable('api_keys')
    .set({ revoked_at: sql<Date>`coalesce(revoked_at, now())` })
    .where('id', '=', id)
    .returning('id')
    .executeTakeFirst()
  return row !== undefined
}

export async function listApiKeys(db: DatabaseConnection) {
  return db
    .selectFrom('api_keys')
    .select(['id', 'name', 'role', 'organization_id', 'created_at', 'revoked_at'])
    .orderBy('id')
    .execute()
}
