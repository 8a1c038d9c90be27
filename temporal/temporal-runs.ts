import { sendDecision } from './send-decision.ts'
import type { Runs } from './runs.ts'
import { startBulk } from './start-bulk.ts'
import { startRun, type StarterSettings } from './start-run.ts'

const checkDeadline = 1_000

/** `Runs` on a Temporal server. The client may connect lazily: this function calls nothing. */
export function createTemporalRuns(settings: StarterSettings): Runs {
  const { client } = settings
  return {
    start: (run) => startRun(settings, run),
    startBulk: (bulk) => startBulk(settings, bulk),
    sendDecision: (run, decision) => sendDecision(client, run, decision),
    isReachable: () =>
      client
        .withDeadline(Date.now() + checkDeadline, () => client.workflowService.getSystemInfo({}))
        .then(
          () => true,
          () => false,
        ),
  }
}
