import type { DatabaseConnection } from '../database/connection.ts'
import { describeLastDecision } from './decision.ts'
import { findLastTaken } from './read-decisions.ts'

/** @returns the refusal, followed by a sentence about the last decision that the run took, if there is one. */
export async function withLastDecision(
  db: DatabaseConnection,
  runId: string,
  refusal: string,
): Promise<string> {
  const last = await findLastTaken(db, runId)
  if (last === undefined) return refusal
  return `${refusal} ${describeLastDecision({ ...last, step: last.stepId })}`
}
