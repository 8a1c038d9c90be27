import type { DatabaseConnection } from '../domain/database/connection.ts'
import { findLastTaken } from '../domain/decision-records.ts'

/**
 * For whoever was too late: what was decided last, and by whom. What a person typed into a signal is not repeated, because it
 * may be a name.
 */
export async function withLastDecision(
  db: DatabaseConnection,
  onboardingId: string,
  refusal: string,
): Promise<string> {
  const last = await findLastTaken(db, onboardingId)
  if (last === undefined) return refusal
  const what = last.stepId === null ? last.action : `${last.action} of ${last.stepId}`
  const who = last.source === 'signal' ? 'a signal' : (last.actor ?? 'the clock')
  return `${refusal} The last decision was: ${what}, by ${who}.`
}
