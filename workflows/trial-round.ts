import { proxyActivities } from '@temporalio/workflow'
import type { Activities } from './activity-types.ts'
import type { TrialRoundInput } from './contract.ts'
import { startRuns } from './start-runs.ts'

const { 'accept-due-trials': acceptDueTrials } = proxyActivities<Activities>({
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '10 seconds',
  retry: { maximumInterval: '1 minute' },
  summary: 'Accept a run for each trial that is due',
})

const pagesPerRound = 50

/**
 * Finds the trials that end soon or have ended, and starts a run for each. The next round takes the trials that are left over.
 * @returns the number of runs that were started.
 */
export async function trialRound({ reminderDays }: TrialRoundInput): Promise<{ started: number }> {
  let started = 0
  for (let page = 0; page < pagesPerRound; page++) {
    const runs = await acceptDueTrials({ reminderDays })
    if (runs.length === 0) break
    await startRuns(runs)
    started += runs.length
  }
  return { started }
}
