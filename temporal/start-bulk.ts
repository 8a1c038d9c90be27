import type { UnstartedBulk } from '../domain/decisions/bulk-progress.ts'
import { bulkDecisions, type BulkInput, bulkWorkflowId } from '../workflows/contract.ts'
import { startOnce, type StarterSettings } from './start-run.ts'

export function startBulk(
  { client, taskQueue }: StarterSettings,
  { id, action, total }: UnstartedBulk,
): Promise<void> {
  const input: BulkInput = { bulkId: id }
  return startOnce(client, bulkDecisions.workflowType, {
    workflowId: bulkWorkflowId(id),
    taskQueue,
    args: [input],
    staticSummary: `Bulk decision: ${action}, number of runs: ${total}`,
  })
}
