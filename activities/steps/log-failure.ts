import type { Logger } from 'pino'
import type { RecordedError } from '../../domain/database/tables/run-tables.ts'

/** A failure as the log shows it. Nothing in it is personal: errors carry none, and the rest is ids. */
interface FailureFacts {
  runId: string
  stepId: string
  doing?: 'execute' | 'undo'
  attempts?: number | undefined
  failure: RecordedError
}

/** One line, at `error`, for each time that a step comes to wait for a person: what alerts go by. */
export function logAttention(logger: Logger, facts: FailureFacts): void {
  logger.error(lineOf(facts), 'needs attention')
}

/** An attempt that failed without anybody being asked to decide; `fate` says why not. */
export function logFailedAttempt(logger: Logger, { fate, ...facts }: FailureFacts & { fate: string }): void {
  logger.warn({ ...lineOf(facts), fate }, 'attempt failed')
}

function lineOf({ stepId, failure, ...facts }: FailureFacts) {
  const { code, class: errorClass, message, nextAction, retry } = failure
  return { ...facts, step: stepId, code, errorClass, message, nextAction, retry }
}
