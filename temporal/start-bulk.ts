import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client'
import type { UnstartedBulk } from '../domain/decisions/bulk-progress.ts'
import { bulkDecisions, type BulkInput, bulkWorkflowId } from '../workflows/contract.ts'
import type { StarterSettings } from './start-run.ts'

const deadline = 5_000

/**
 * Starts the workflow of a bulk decision. Has no effect if the workflow was started before.
 * @throws Error when Temporal does not accept the start within five seconds.
 */
export async function startBulk(
  { client, taskQueue }: StarterSettings,
  { id, action, total }: UnstartedBulk,
): Promise<void> {
  const input: BulkInput = { bulkId: id }
  try {
    await client.withDeadline(Date.now() + deadline, () =>
      client.workflow.start(bulkDecisions.workflowType, {
        workflowId: bulkWorkflowId(id),
        taskQueue,
        args: [input],
        workflowIdConflictPolicy: 'USE_EXISTING',
        staticSummary: `Bulk decision: ${action}, number of runs: ${total}`,
      }),
    )
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
  }
}
