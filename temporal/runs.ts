import type { SendOutcome, WrittenDecision } from './send-decision.ts'
import type { UnstartedBulk } from '../domain/decisions/bulk-progress.ts'
import type { RunKind } from '../domain/runs/run-requests.ts'
import type { StartableRun } from '../domain/runs/unstarted-runs.ts'

/** The workflows behind runs, as the API needs them. */
export interface Runs {
  /**
   * Starts the workflow. Harmless when it runs already.
   * @throws Error when Temporal does not take it within five seconds.
   */
  start(run: StartableRun): Promise<void>
  sendDecision(run: { kind: RunKind; id: string }, decision: WrittenDecision): Promise<SendOutcome>
  /**
   * Starts the workflow of a decision in bulk. Harmless when it runs already.
   * @throws Error when Temporal does not take it within five seconds.
   */
  startBulk(bulk: UnstartedBulk): Promise<void>
  isReachable(): Promise<boolean>
}
