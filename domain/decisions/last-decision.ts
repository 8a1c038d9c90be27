import type { DatabaseConnection } from '../database/connection.ts'
import { wordsOfLast } from './decision.ts'
import { findLastTaken } from './read-decisions.ts'

/** A refusal, with what was decided last, and by whom. */
export async function withLastDecision(
  db: DatabaseConnection,
  runId: string,
  refusal: string,
): Promise<string> {
  const last = await findLastTaken(db, runId)
  if (last === undefined) return refusal
  return `${refusal} ${wordsOfLast({ ...last, step: last.stepId })}`
}
