import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client'
import type { DatabaseConnection } from '../domain/database/connection.ts'
import { describePlan, describeRun } from '../domain/runs/describe-run.ts'
import { billingAdapterOf } from '../domain/runs/run-requests.ts'
import { nearestPartnerId } from '../domain/organizations/read-organizations.ts'
import { type RunInput, startOptionsOf, workflowTypes } from '../workflows/contract.ts'
import type { StartableRun } from '../domain/runs/unstarted-runs.ts'

const deadline = 5_000

export interface StarterSettings {
  client: Client
  /**
   * A client on the connection of a worker in this process, while there is one. Temporal then answers a start with the
   * first task itself, which saves the way through the task queue.
   */
  workerClient?: (() => Client | undefined) | undefined
  db: DatabaseConnection
  taskQueue: string
  /** Days that a stuck onboarding waits for a person before it cancels itself. */
  attentionDays: number
  /** As in `Intervals`. Left out: Temporal's own. */
  workflowTaskTimeout?: number
}

/**
 * Starts a run's workflow under an id of its own: a second start finds the first.
 * @param options `again` starts it also where an earlier workflow has completed, which the ledger then knows nothing of.
 * @throws Error when Temporal does not take it within five seconds.
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
    // What changes an account that is served does not turn back by itself.
    ...(run.kind === 'add-account' ? { attentionDays } : {}),
    ...(undoing == null ? {} : { undoing }),
  }
  try {
    await client.withDeadline(Date.now() + deadline, () =>
      client.workflow.start(workflowTypes[run.kind], {
        ...startOptionsOf({
          id,
          kind: run.kind,
          summary: describeRun(run, parent.name),
          details: describePlan(plan),
          partnerId,
          billingAdapter: billingAdapterOf(run) ?? null,
        }),
        taskQueue,
        ...(workflowTaskTimeout === undefined ? {} : { workflowTaskTimeout }),
        args: [input],
        ...(again ? { workflowIdReusePolicy: 'ALLOW_DUPLICATE' } : {}),
        workflowIdConflictPolicy: 'USE_EXISTING',
        requestEagerStart: workerClient !== undefined,
      }),
    )
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
  }
}

function isPartner(type: StartableRun['parent']['type']): boolean {
  return type === 'partner' || type === 'platform'
}
