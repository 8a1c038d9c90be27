import type { Transaction } from 'kysely'
import type { Database } from '../../domain/database/tables.ts'
import type { Finding } from '../../domain/reconciliation/findings.ts'
import type { StartableRun } from '../../domain/runs/unstarted-runs.ts'
import type { ReconcileContext } from './comparison.ts'

/** What settling a finding takes. */
export interface SettleContext extends ReconcileContext {
  /** Starts the workflow of a run, also where an earlier one has completed. Harmless when one is open. */
  startAgain(run: StartableRun): Promise<void>
  /** Ends an open workflow at once. */
  terminate(workflow: { workflowId: string; temporalRunId: string }): Promise<void>
}

/** Who settles a finding, and why. */
export interface Decision {
  actor: string
  reason: string
}

/** What is to be done once the second look has found the same. */
export interface Effect {
  /**
   * What happens elsewhere, before our own records change. It has to be harmless when it is repeated.
   * @throws StepError of the provider.
   */
  elsewhere?(): Promise<unknown>
  /** Our own records, in the transaction that closes the finding. @throws NotSettled when they have changed meanwhile. */
  here?(transaction: Transaction<Database>, decision: Decision): Promise<unknown>
}

/**
 * One way out of a finding. It looks again, and changes nothing yet.
 * @throws NotSettled when the finding is gone, or this way is not open.
 */
export type WayOut = (context: SettleContext, finding: Finding) => Promise<Effect>

/** Why a finding was not settled. `gone`: a second look does not find it any more. */
export class NotSettled extends Error {
  override readonly name = 'NotSettled'
  readonly outcome: 'gone' | 'refused'

  constructor(outcome: 'gone' | 'refused', message: string) {
    super(message)
    this.outcome = outcome
  }
}

export function gone(): NotSettled {
  return new NotSettled('gone', 'It is gone: a second look does not find it any more.')
}

export function refused(reason: string): NotSettled {
  return new NotSettled('refused', reason)
}
