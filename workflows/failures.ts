import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow'
import type { ReportedFailure } from './contract.ts'

/** Puts whatever ended an activity into words. Failures that the step runner did not report get a code of their own. */
export function explain(error: unknown): ReportedFailure {
  const cause = error instanceof ActivityFailure ? error.cause : error
  if (cause instanceof ApplicationFailure && cause.details?.[0]) return cause.details[0] as ReportedFailure
  if (cause instanceof TimeoutFailure) return unreported('step_timed_out', 'The step did not answer in time.')
  return unreported('step_not_run', 'The step could not be run by any worker.')
}

function unreported(code: string, message: string): ReportedFailure {
  return {
    code,
    class: 'retryable',
    message,
    nextAction: 'Check that a worker with this step is running and reaches its database, then retry.',
    recorded: false,
    refused: false,
  }
}
