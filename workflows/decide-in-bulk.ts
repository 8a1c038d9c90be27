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

const { 'carry-out-bulk-decision': decideSome } = proxyActivities<Activities>({
  startToCloseTimeout: '2 minutes',
  heartbeatTimeout: '10 seconds',
  retry: { maximumInterval: '30 seconds' },
  // What it is handing over is on record before the rest is stopped.
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  summary: 'Hand decisions over, and wait for what comes of them',
})

const { 'stop-bulk-decision': stop } = proxyActivities<Activities>({
  startToCloseTimeout: '30 seconds',
  retry: { maximumInterval: '30 seconds' },
  summary: 'Hand over no more',
})

/** Keeps a history small. */
const partsAHistory = 100

/**
 * Makes one decision on many runs, few of them at a time, until each is resolved or stuck again. What it is about, and what came
 * of it, is in our own database. Whoever cancels it stops what was not handed over yet.
 */
export async function decideInBulk({ bulkId }: BulkInput): Promise<BulkProgress> {
  try {
    return await untilClosed(bulkId)
  } catch (error) {
    if (!isCancellation(error)) throw error
    return CancellationScope.nonCancellable(async () => {
      await stop({ bulkId })
      return untilClosed(bulkId)
    })
  }
}

async function untilClosed(bulkId: string): Promise<BulkProgress> {
  for (let part = 0; part < partsAHistory; part++) {
    const progress = await decideSome({ bulkId })
    setCurrentDetails(describe(progress))
    if (progress.closed) return progress
  }
  return continueAsNew<typeof decideInBulk>({ bulkId })
}

function describe({ counts, closed }: BulkProgress): string {
  const lines = Object.entries(counts).map(([status, items]) => `- ${status}: ${items}`)
  return [`**${closed ? 'Closed' : 'Under way'}**`, '', ...lines].join('\n')
}
