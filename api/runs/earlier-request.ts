import { findEarlierRequest, type IdempotencyScope } from '../../domain/runs/idempotency.ts'
import { idempotencyKeyReused } from '../../domain/billing/billing-errors.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { fieldProblem } from '../../domain/errors/error-declaration.ts'
import { problem } from '../http/problem.ts'

/** @returns undefined when the key is new. @throws Problem when the earlier request had another body. */
export async function findEarlierRunId(
  db: DatabaseConnection,
  scope: IdempotencyScope,
  bodyHash: string,
): Promise<string | undefined> {
  const earlier = await findEarlierRequest(db, scope)
  if (earlier !== undefined) refuseReusedKey(earlier, bodyHash)
  return earlier?.id
}

/** @throws Problem when the earlier request had another body. */
export function refuseReusedKey(earlier: { bodyHash: string }, bodyHash: string): void {
  if (earlier.bodyHash === bodyHash) return
  throw problem(idempotencyKeyReused, {
    errors: [fieldProblem('/headers/idempotency-key', idempotencyKeyReused)],
  })
}
