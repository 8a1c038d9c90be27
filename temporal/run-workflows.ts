import { type Client, WorkflowNotFoundError } from '@temporalio/client'
import { keywordOf, workflowTypes } from '../workflows/contract.ts'

/** A workflow that carries out a run, and is open. */
export interface OpenWorkflow {
  workflowId: string
  temporalRunId: string
  startedAt: Date
}

/** Where the workflow of a run is, as Temporal itself has it. */
export type WorkflowState =
  /** `stuckAt`: the first step at which it waits for a person. */
  | { state: 'open'; temporalRunId: string; stuckAt: string | undefined }
  | { state: 'closed'; closedAt: Date | undefined }
  | { state: 'missing' }

/** The workflows behind runs, as reconciling looks at them. */
export interface RunWorkflows {
  describe(workflowId: string): Promise<WorkflowState>
  /** All that are open on our task queue. The list may be seconds old. */
  listOpen(): AsyncIterable<OpenWorkflow>
}

/** Those of a Temporal server. Two deployments may share a namespace; a task queue is one's own. */
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
