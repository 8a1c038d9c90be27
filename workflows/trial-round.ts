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

/** Finds the trials that have ended or are about to, and starts a run for each. What is left over comes in the next round. */
export async function trialRound({ reminderDays }: TrialRoundInput): Promise<{ started: number }> {
  let started = 0
  for (let page = 0; page < mostPages; page++) {
    const runs = await acceptDueTrials({ reminderDays })
    if (runs.length === 0) break
    await startRuns(runs)
    started += runs.length
  }
  return { started }
}

/** Keeps one round's history small. */
const mostPages = 50
