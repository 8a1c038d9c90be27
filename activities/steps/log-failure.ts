import type { Logger } from 'pino'
import type { RecordedError } from '../../domain/database/tables/run-tables.ts'

interface FailureFacts {
  runId: string
  stepId: string
  doing?: 'execute' | 'undo'
  attempts?: number | undefined
  failure: RecordedError
}

/** Logs at level `error` that a step needs attention. Alerts use this line. */
export function logAttention(logger: Logger, facts: FailureFacts): void {
  logger.error(lineOf(facts), 'needs attention')
}

/** Logs a failed attempt after which no person has to decide. `fate` is the reason. */
export function logFailedAttempt(logger: Logger, { fate, ...facts }: FailureFacts & { fate: string }): void {
  logger.warn({ ...lineOf(facts), fate }, 'attempt failed')
}

function lineOf({ stepId, failure, ...facts }: FailureFacts) {
  const { code, class: errorClass, message, nextAction, retry } = failure
  return { ...facts, step: stepId, code, errorClass, message, nextAction, retry }
}
