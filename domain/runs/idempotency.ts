import { createHash } from 'node:crypto'
import { canonicalize } from 'json-canonicalize'
import type { DatabaseConnection } from '../database/connection.ts'

/** The scope in which an idempotency key is unique. A caller may use the same key under another parent, or for another user. */
export type IdempotencyScope = { apiKeyId: string; key: string } & ({ parentId: string } | { userId: string })

/** The hash that identifies a request body. Bodies that differ only in spelling, such as field order, have the same hash. */
export function hashBody(normalisedBody: unknown): string {
  return createHash('sha256').update(canonicalize(normalisedBody)).digest('hex')
}

export async function findEarlierRequest(
  db: DatabaseConnection,
  scope: IdempotencyScope,
): Promise<{ id: string; bodyHash: string } | undefined> {
  return db
    .selectFrom('runs')
    .select(['id', 'body_hash as bodyHash'])
    .where('api_key_id', '=', scope.apiKeyId)
    .where((eb) =>
      'userId' in scope ? eb('user_id', '=', scope.userId) : eb('parent_id', '=', scope.parentId),
    )
    .where('idempotency_key', '=', scope.key)
    .executeTakeFirst()
}
