import {
  ActivityCancellationType,
  CancellationScope,
  continueAsNew,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
} from '@temporalio/workflow'
import type { Activities } from './activity-types.ts'
import type { BulkInput, BulkProgress } from './contract.ts'

const { 'carry-out-bulk-decision': sendToRuns } = proxyActivities<Activities>({
  startToCloseTimeout: '2 minutes',
  heartbeatTimeout: '10 seconds',
  retry: { maximumInterval: '30 seconds' },
  // The activity records the results of the decisions that it is sending before the others are refused.
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  summary: 'Send the decision to runs, and wait for the results',
})

const { 'stop-bulk-decision': refuseRemaining } = proxyActivities<Activities>({
  startToCloseTimeout: '30 seconds',
  retry: { maximumInterval: '30 seconds' },
  summary: 'Refuse the decision for the runs that remain',
})

/** After so many activities the workflow continues as new, so that its history stays small. */
const partsPerHistory = 100

/**
 * Makes one decision on many runs, a few runs at a time, until each run has ended or is stuck again. The runs and the results are
 * in our database. A cancellation refuses the decision for the runs that it was not sent to.
 * @returns the number of runs with each result.
 */
export async function decideInBulk({ bulkId }: BulkInput): Promise<BulkProgress> {
  try {
    return await untilClosed(bulkId)
  } catch (error) {
    if (!isCancellation(error)) throw error
    return CancellationScope.nonCancellable(async () => {
      await refuseRemaining({ bulkId })
      return untilClosed(bulkId)
    })
  }
}

async function untilClosed(bulkId: string): Promise<BulkProgress> {
  for (let part = 0; part < partsPerHistory; part++) {
    const progress = await sendToRuns({ bulkId })
    setCurrentDetails(describe(progress))
    if (progress.closed) return progress
  }
  return continueAsNew<typeof decideInBulk>({ bulkId })
}

function describe({ counts, closed }: BulkProgress): string {
  const lines = Object.entries(counts).map(([status, items]) => `- ${status}: ${items}`)
  return [`**${closed ? 'Completed' : 'In progress'}.** Number of runs with each result:`, '', ...lines].join(
    '\n',
  )
}
