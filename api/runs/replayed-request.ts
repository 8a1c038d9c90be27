import { findEarlierRequest, type IdempotencyScope } from '../../domain/runs/accept-run.ts'
import { idempotencyKeyReused } from '../../domain/billing/billing-errors.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { fieldProblem } from '../../domain/errors/error-declaration.ts'
import { problem } from '../http/problem.ts'

/**
 * The id of the run that an earlier request under this key became.
 * @returns undefined when there was none.
 * @throws Problem when the key was used with another body.
 */
export async function findReplayed(
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
