import { Context } from '@temporalio/activity'
import type { Logger } from 'pino'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { withDeadline } from '../../domain/calls/deadline.ts'
import { type StepContext, stepError } from '../../plugins/plugin-contract.ts'
import { stepTimedOut } from '../errors.ts'
import { whileHeartbeating } from './heartbeat.ts'
import type { Registry } from '../../plugins/registry.ts'

export interface ActivityDependencies {
  db: DatabaseConnection
  registry: Registry
  logger: Logger
}

export function stepContext(
  { billing, notifier }: Registry,
  call: { runId: string; stepId: string; revision: number; retries: number; signal: AbortSignal },
): StepContext {
  const { runId, stepId, revision, retries, signal } = call
  // A correction makes a new revision, so a provider never gets one key with two bodies.
  const idempotencyKey = `${runId}:${stepId}:${revision}`
  return { runId, idempotencyKey, signal, now: new Date(), retries, billing, notifier }
}

/**
 * Runs `body` with heartbeats and a signal, which aborts when the timeout has passed or the run is cancelled.
 * @param timeout milliseconds.
 * @throws StepError `step_timed_out`, with an unknown outcome, if `body` does not end within the timeout.
 */
export async function withinTime<Result>(
  timeout: number,
  body: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const { cancellationSignal: signal } = Context.current()
  const deadline = {
    milliseconds: timeout,
    signal,
    late: () => stepError(stepTimedOut, { parameters: { seconds: timeout / 1000 } }),
  }
  return whileHeartbeating(() => withDeadline(deadline, body))
}

/** Temporal's run id of the workflow that called this activity. @throws Error outside a workflow. */
export function workflowRunId(): string {
  const { workflowExecution } = Context.current().info
  if (workflowExecution === undefined) throw new Error('A step runs only inside a workflow.')
  return workflowExecution.runId
}
