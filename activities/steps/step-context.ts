import { Context } from '@temporalio/activity'
import type { Logger } from 'pino'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { withDeadline } from '../../domain/calls/deadline.ts'
import { type StepContext, stepError } from '../../plugins/plugin-contract.ts'
import { stepTimedOut } from '../errors.ts'
import { whileHeartbeating } from './heartbeat.ts'
import type { Registry } from '../../plugins/registry.ts'

/** What the worker gives to its activities. */
export interface ActivityDependencies {
  db: DatabaseConnection
  registry: Registry
  logger: Logger
}

/** The key of a provider call. A correction makes a new revision, so a provider never gets one key with two bodies. */
function idempotencyKey(runId: string, stepId: string, revision: number): string {
  return `${runId}:${stepId}:${revision}`
}

/** The context of one attempt of a step. */
export function stepContext(
  registry: Registry,
  call: { runId: string; stepId: string; revision: number; retries: number; signal: AbortSignal },
): StepContext {
  return {
    runId: call.runId,
    idempotencyKey: idempotencyKey(call.runId, call.stepId, call.revision),
    signal: call.signal,
    now: new Date(),
    retries: call.retries,
    billing: registry.billing,
    notifier: registry.notifier,
  }
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
