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
  organizationStatus: 'active' | 'suspended' | 'closed'
  /** The path of that organization. The path of every organization in its subtree starts with it. */
  path: string
}

const bootstrapName = 'bootstrap'

/** What a start says about a bootstrap key that `ensureBootstrapKey` found revoked. */
export const revokedBootstrapKey = 'The bootstrap API key was revoked, and a revoked key stays revoked.'

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
  return db
    .selectFrom('api_keys')
    .innerJoin('organizations', 'organizations.id', 'api_keys.organization_id')
    .select(['api_keys.id as apiKeyId', 'api_keys.role', 'organizations.id as organizationId'])
    .select(['organizations.status as organizationStatus', 'organizations.path'])
    .where('api_keys.key_hash', '=', hashApiKey(key))
    .where('api_keys.revoked_at', 'is', null)
    .executeTakeFirst()
}

/** Says why a key may not be used any more, for work that goes on after its request. @returns undefined while the key is valid. */
export async function lostAccess(db: DatabaseConnection, apiKeyId: string): Promise<string | undefined> {
  const key = await db
    .selectFrom('api_keys')
    .innerJoin('organizations', 'organizations.id', 'api_keys.organization_id')
    .select(['revoked_at', 'organizations.status'])
    .where('api_keys.id', '=', apiKeyId)
    .executeTakeFirstOrThrow()
  if (key.revoked_at !== null) return 'The API key of the caller was revoked.'
  return key.status === 'active' ? undefined : `The organization of the API key is ${key.status}.`
}

/**
 * Makes `key` the only bootstrap key. A new key is stored in the same row, because idempotency keys belong to the row:
 * with another row, a repeated request would be accepted again.
 * @returns `revoked` if this key was revoked. It stays so, also after another key took its place.
 */
export async function ensureBootstrapKey(db: DatabaseConnection, key: string): Promise<'valid' | 'revoked'> {
  const hash = hashApiKey(key)
  return db.transaction().execute(async (transaction) => {
    // Two processes that start at the same time must not each insert a key.
    await sql`select pg_advisory_xact_lock(hashtext('bootstrap-api-key'))`.execute(transaction)
    const existing = await transaction
      .selectFrom('api_keys')
      .select(['id', 'key_hash', 'revoked_at', 'revoked_hashes'])
      .where('name', '=', bootstrapName)
      .executeTakeFirst()
    if (existing !== undefined) {
      const { key_hash: before, revoked_at: revokedAt } = existing
      const revoked = revokedAt === null ? existing.revoked_hashes : [...existing.revoked_hashes, before]
      if (revoked.includes(hash)) return 'revoked'
      await transaction
        .updateTable('api_keys')
        .set({ key_hash: hash, revoked_at: null, revoked_hashes: revoked })
        .where('id', '=', existing.id)
        .execute()
      return 'valid'
    }
    await transaction
      .insertInto('api_keys')
      .values({
        id: newId('key'),
        name: bootstrapName,
        role: 'platform',
        organization_id: await platformId(transaction),
        key_hash: hash,
      })
      .execute()
    return 'valid'
  })
}

/** @throws Error when the name is reserved, the organization does not exist, or its type differs from the role. */
export async function createApiKey(
  db: DatabaseConnection,
  { name, role, organizationId }: { name: string; role: 'platform' | 'partner'; organizationId: string },
): Promise<{ id: string; key: string }> {
  if (name === bootstrapName) throw new Error(`The name "${bootstrapName}" is reserved.`)
  const organization = await db
    .selectFrom('organizations')
    .select('type')
    .where('id', '=', organizationId)
    .executeTakeFirst()
  if (organization === undefined) throw new Error(`There is no organization ${organizationId}.`)
  const { type } = organization
  if (type !== role)
    throw new Error(`A ${role} key belongs to a ${role}, and this organization is a ${type}.`)
  const id = newId('key')
  const secret = generateApiKey()
  await db
    .insertInto('api_keys')
    .values({ id, name, role, organization_id: organizationId, key_hash: hashApiKey(secret) })
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

export async function listApiKeys(db: DatabaseConnection) {
  return db
    .selectFrom('api_keys')
    .select(['id', 'name', 'role', 'organization_id', 'created_at', 'revoked_at'])
    .orderBy('id')
    .execute()
}
