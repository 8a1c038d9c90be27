import { continueAsNew, proxyActivities } from '@temporalio/workflow'
import type { Activities } from './activity-types.ts'
import type { BillingRoundInput } from './contract.ts'
import { startRuns } from './start-runs.ts'

const { 'accept-due-bills': acceptDueBills } = proxyActivities<Activities>({
  startToCloseTimeout: '2 minutes',
  heartbeatTimeout: '10 seconds',
  retry: { maximumInterval: '1 minute' },
  summary: 'Accept a run for each account that used licenses and was not billed',
})

/** Keeps the history of one part of a round small. */
const pagesAPart = 20

/**
 * Bills every account that used licenses in a month: accepts a run for each, page by page, and starts it. It waits for
 * none of them, so an account whose provider is down holds up no other, and what is billed already is not accepted again.
 */
export async function billMonth(input: BillingRoundInput): Promise<{ started: number }> {
  const { month } = input
  let { at, started = 0 } = input
  for (let page = 0; page < pagesAPart; page++) {
    const { runs, next } = await acceptDueBills({ month, at })
    await startRuns(runs)
    started += runs.length
    if (next === null) return { started }
    at = next
  }
  return continueAsNew<typeof billMonth>({ ...input, ...(at === undefined ? {} : { at }), started })
}
