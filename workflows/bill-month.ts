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

/** After so many pages the round continues as new, so that its history stays small. */
const pagesPerHistory = 20

/**
 * Bills every account that used licenses in a month. Accepts a run for each account, page by page, and starts it. The round does
 * not wait for the runs, so an account whose provider is down delays no other account. A bill that exists is not made again.
 * @returns the number of runs that were started.
 */
export async function billMonth(input: BillingRoundInput): Promise<{ started: number }> {
  const { month } = input
  let { at, started = 0 } = input
  for (let page = 0; page < pagesPerHistory; page++) {
    const { runs, next } = await acceptDueBills({ month, at })
    await startRuns(runs)
    started += runs.length
    if (next === null) return { started }
    at = next
  }
  return continueAsNew<typeof billMonth>({ ...input, ...(at === undefined ? {} : { at }), started })
}
