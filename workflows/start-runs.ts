import {
  defineSearchAttributeKey,
  SearchAttributeType,
  WorkflowExecutionAlreadyStartedError,
} from '@temporalio/common'
import { ParentClosePolicy, startChild } from '@temporalio/workflow'
import { type RunInput, type RunToStart, searchAttributes, workflowIdOf, workflowTypes } from './contract.ts'

const keyword = (name: string) => defineSearchAttributeKey(name, SearchAttributeType.KEYWORD)
const status = keyword(searchAttributes.status)
const partner = keyword(searchAttributes.partnerId)
const billingAdapter = keyword(searchAttributes.billingAdapter)

/**
 * Starts runs and does not wait for their end: one that is stuck holds up no other. One that somebody else started already
 * is left as it is.
 */
export async function startRuns(runs: readonly RunToStart[]): Promise<void> {
  await Promise.all(runs.map(startOne))
}

async function startOne(run: RunToStart): Promise<void> {
  const input: RunInput = { onboardingId: run.id, plan: run.plan }
  try {
    await startChild(workflowTypes[run.kind], {
      workflowId: workflowIdOf(run),
      args: [input],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
      typedSearchAttributes: [
        { key: status, value: 'running' },
        { key: partner, value: run.partnerId },
        ...(run.billingAdapter === null ? [] : [{ key: billingAdapter, value: run.billingAdapter }]),
      ],
      staticSummary: run.summary,
      staticDetails: run.details,
    })
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
  }
}
