import { type Client, WorkflowNotFoundError } from '@temporalio/client'
import { keywordOf, workflowTypes } from '../workflows/contract.ts'

export interface OpenWorkflow {
  workflowId: string
  temporalRunId: string
  startedAt: Date
}

export type WorkflowState =
  /** `stuckAt`: the first stuck step. */
  | { state: 'open'; temporalRunId: string; stuckAt: string | undefined }
  | { state: 'closed'; closedAt: Date | undefined }
  | { state: 'missing' }

export interface RunWorkflows {
  /** @throws Error when Temporal does not answer. */
  describe(workflowId: string): Promise<WorkflowState>
  /** The open workflows of runs on our task queue. The list may be some seconds old. */
  listOpen(): AsyncIterable<OpenWorkflow>
}

/** @param taskQueue limits the list to this deployment, because two deployments may share a namespace. */
export function createRunWorkflows(client: Client, taskQueue: string): RunWorkflows {
  return {
    async describe(workflowId) {
      try {
        const described = await client.workflow.getHandle(workflowId).describe()
        const { status, runId: temporalRunId, closeTime, typedSearchAttributes } = described
        if (status.name !== 'RUNNING' && status.name !== 'PAUSED')
          return { state: 'closed', closedAt: closeTime }
        const stuckAt = typedSearchAttributes.get(keywordOf('step'))
        return { state: 'open', temporalRunId, stuckAt }
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return { state: 'missing' }
        throw error
      }
    },
    async *listOpen() {
      const types = Object.values(workflowTypes).map((type) => `"${type}"`)
      const query = `ExecutionStatus = "Running" and TaskQueue = "${taskQueue}" and WorkflowType in (${types.join(', ')})`
      for await (const { workflowId, runId, startTime } of client.workflow.list({ query }))
        yield { workflowId, temporalRunId: runId, startedAt: startTime }
    },
  }
}
