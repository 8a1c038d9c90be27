import type { SendOutcome, WrittenDecision } from './send-decision.ts'
import type { UnstartedBulk } from '../domain/decisions/bulk-progress.ts'
import type { RunKind } from '../domain/runs/run-requests.ts'
import type { StartableRun } from '../domain/runs/unstarted-runs.ts'

export interface Runs {
  /**
   * Starts the workflow of a run. Has no effect if the workflow was started before.
   * @throws Error when Temporal does not accept the start within five seconds.
   */
  start(run: StartableRun): Promise<void>
  /** Sends a stored decision to the workflow of a run, and waits until the workflow takes or refuses it. */
  sendDecision(run: { kind: RunKind; id: string }, decision: WrittenDecision): Promise<SendOutcome>
  /** Like `start`, for the workflow of a bulk decision. */
  startBulk(bulk: UnstartedBulk): Promise<void>
  /** Whether Temporal answers within one second. */
  isReachable(): Promise<boolean>
}
