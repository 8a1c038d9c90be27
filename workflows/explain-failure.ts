import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow'
import type { FailureSummary, ReportedFailure } from './contract.ts'

/** Puts whatever ended an activity into words. Failures that the step runner did not report get a code of their own. */
export function explain(error: unknown): ReportedFailure {
  const cause = error instanceof ActivityFailure ? error.cause : error
  if (cause instanceof ApplicationFailure && cause.details?.[0]) return cause.details[0] as ReportedFailure
  return cause instanceof TimeoutFailure ? workerSilent() : stepNotRun()
}

/** Whether a person may ask for another try. */
export function mayRetry(error: FailureSummary | undefined): boolean {
  return error?.retry !== 'refused'
}

function workerSilent(): ReportedFailure {
  return {
    class: 'retryable',
    code: 'worker_silent',
    message: 'The worker that had the step did not answer any more: it was stopped, or lost its connection.',
    nextAction: 'Check that a worker runs and reaches Temporal and the database, then retry.',
    retry: 'as_is',
    recorded: false,
    refused: false,
  }
}

function stepNotRun(): ReportedFailure {
  return {
    class: 'retryable',
    code: 'step_not_run',
    message: 'No worker could run the step.',
    nextAction: 'Check that a worker with this step runs and reaches its database, then retry.',
    retry: 'as_is',
    recorded: false,
    refused: false,
  }
}
