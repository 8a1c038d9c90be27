import { Context } from '@temporalio/activity'
import type { Logger } from 'pino'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { withDeadline } from '../../domain/calls/deadline.ts'
import { type StepContext, stepError } from '../../plugins/plugin-contract.ts'
import { stepTimedOut } from '../errors.ts'
import { whileHeartbeating } from './heartbeat.ts'
import type { Registry } from '../../plugins/registry.ts'

/** What every activity body is given by the worker. */
export interface ActivityDependencies {
  db: DatabaseConnection
  registry: Registry
  logger: Logger
}

/** Same key, same call: a correction opens a new revision, so a provider never sees one key with two bodies. */
function idempotencyKey(runId: string, stepId: string, revision: number): string {
  return `${runId}:${stepId}:${revision}`
}

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
 * Runs `body`, heartbeating, with a signal that aborts when the attempt's time is up or the run is cancelled.
 * @throws StepError `step_timed_out`, outcome unknown, when the body does not answer within `timeout` milliseconds.
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

/** The run of the workflow that asked for this activity. @throws Error outside a workflow. */
export function workflowRunId(): string {
  const { workflowExecution } = Context.current().info
  if (workflowExecution === undefined) throw new Error('A step runs only inside a workflow.')
  return workflowExecution.runId
}
