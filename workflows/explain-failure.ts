import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow'
import type { StepErrorDeclaration } from '../domain/errors/error-declaration.ts'
import type { FailureSummary, ReportedFailure } from './contract.ts'
import { stepNotRun, workerSilent } from './errors.ts'

/** The report of a failed step activity. A failure that the activity did not report itself gets a code of its own. */
export function explain(error: unknown): ReportedFailure {
  const cause = error instanceof ActivityFailure ? error.cause : error
  if (cause instanceof ApplicationFailure && cause.details?.[0]) return cause.details[0] as ReportedFailure
  return unreported(cause instanceof TimeoutFailure ? workerSilent : stepNotRun)
}

export function mayRetry(error: FailureSummary | undefined): boolean {
  return error?.retry !== 'refused'
}

function unreported({ code, class: errorClass, message, nextAction }: StepErrorDeclaration): ReportedFailure {
  return { code, class: errorClass, message, nextAction, retry: 'as_is', recorded: false, refused: false }
}
