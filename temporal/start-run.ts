import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowStartOptions,
} from '@temporalio/client'
import type { DatabaseConnection } from '../domain/database/connection.ts'
import { describeRunPlan, describeRun } from '../domain/runs/describe-run.ts'
import { billingAdapterOf } from '../domain/runs/run-requests.ts'
import { nearestPartnerId } from '../domain/organizations/read-organizations.ts'
import { type RunInput, startOptionsOf, workflowTypes } from '../workflows/contract.ts'
import type { StartableRun } from '../domain/runs/unstarted-runs.ts'

const deadline = 5_000

export interface StarterSettings {
  client: Client
  /**
   * A client on the connection of the worker in this process, if there is one. Temporal then returns the first workflow task with
   * the start, which saves a poll of the task queue (an eager start).
   */
  workerClient?: (() => Client | undefined) | undefined
  db: DatabaseConnection
  taskQueue: string
  /** The days that a stuck step of an onboarding waits for a person. Then it is skipped, or the run is cancelled. */
  attentionDays: number
  /** The workflow task timeout in milliseconds. Default: Temporal's. */
  workflowTaskTimeout?: number
}

/**
 * Starts the workflow of a run. Has no effect if the workflow is open.
 * @param options `again`: starts it even if an earlier workflow has completed, for a run whose step journal is still open.
 * @throws Error when Temporal does not accept the start within five seconds.
 */
export async function startRun(
  settings: StarterSettings,
  run: StartableRun,
  { again = false }: { again?: boolean } = {},
): Promise<void> {
  const { db, taskQueue, attentionDays, workflowTaskTimeout } = settings
  const workerClient = settings.workerClient?.()
  const client = workerClient ?? settings.client
  const { id, plan, parent, undoing } = run
  const partnerId = isPartner(parent.type) ? parent.id : await nearestPartnerId(db, parent.path)
  const input: RunInput = {
    runId: id,
    plan,
    // Only an onboarding is cancelled by the clock: a change of an existing account is not reversed without a person.
    ...(run.kind === 'add-account' ? { attentionDays } : {}),
    ...(undoing == null ? {} : { undoing }),
  }
  await startOnce(client, workflowTypes[run.kind], {
    ...startOptionsOf({
      id,
      kind: run.kind,
      summary: describeRun(run, parent.name),
      details: describeRunPlan(plan),
      partnerId,
      billingAdapter: billingAdapterOf(run) ?? null,
    }),
    taskQueue,
    ...(workflowTaskTimeout === undefined ? {} : { workflowTaskTimeout }),
    args: [input],
    ...(again ? { workflowIdReusePolicy: 'ALLOW_DUPLICATE' } : {}),
    requestEagerStart: workerClient !== undefined,
  })
}

/** Has no effect if the workflow was started before. */
export async function startOnce(client: Client, workflowType: string, options: WorkflowStartOptions) {
  const start = () =>
    client.workflow.start(workflowType, { ...options, workflowIdConflictPolicy: 'USE_EXISTING' })
  await client.withDeadline(Date.now() + deadline, start).catch((error: unknown) => {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
  })
}

function isPartner(type: StartableRun['parent']['type']): boolean {
  return type === 'partner' || type === 'platform'
}
