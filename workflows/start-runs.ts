import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common'
import { ParentClosePolicy, startChild } from '@temporalio/workflow'
import { type RunInput, type RunToStart, startOptionsOf, workflowTypes } from './contract.ts'

/** Starts runs, and does not wait for their end: a stuck run delays no other run. A run that is started already stays as it is. */
export async function startRuns(runs: readonly RunToStart[]): Promise<void> {
  await Promise.all(runs.map(startOne))
}

async function startOne(run: RunToStart): Promise<void> {
  const input: RunInput = { runId: run.id, plan: run.plan }
  try {
    await startChild(workflowTypes[run.kind], {
      ...startOptionsOf(run),
      args: [input],
      parentClosePolicy: ParentClosePolicy.ABANDON,
    })
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
  }
}
