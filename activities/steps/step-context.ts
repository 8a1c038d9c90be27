import { Context } from '@temporalio/activity'
import type { Logger } from 'pino'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { withDeadline } from '../../domain/calls/deadline.ts'
import { askFirst, type StepContext, stepError } from '../../plugins/plugin-contract.ts'
import { stepTimedOut } from '../errors.ts'
import { whileHeartbeating } from './heartbeat.ts'
import type { Registry } from '../../plugins/registry.ts'

export interface ActivityDependencies {
  db: DatabaseConnection
  registry: Registry
  logger: Logger
}

/** An attempt to execute or to undo a step: its run, its revision, and its number in the revision, from 1. */
interface AttemptOfStep {
  run: { id: string }
  planned: { id: string }
  revision: number
  retries: number
  number: number
}

export function stepContext(
  { billing, notifier }: Registry,
  { run, planned, revision, retries, number }: AttemptOfStep,
  signal: AbortSignal,
): StepContext {
  // A correction makes a new revision, so a provider never gets one key with two bodies.
  const idempotencyKey = `${run.id}:${planned.id}:${revision}`
  // Other keys are not new even then: that of a bill is the same in every run, so another run may have sent it.
  const newKey = number === 1 ? idempotencyKey : undefined
  return {
    runId: run.id,
    idempotencyKey,
    signal,
    now: new Date(),
    retries,
    billing: (id) => askFirst(billing(id), newKey),
    notifier,
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
