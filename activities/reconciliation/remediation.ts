import type { Transaction } from 'kysely'
import type { Database } from '../../domain/database/tables.ts'
import type { Finding } from '../../domain/reconciliation/findings.ts'
import type { StartableRun } from '../../domain/runs/unstarted-runs.ts'
import type { ReconcileContext } from './comparison.ts'

/** What settling a finding takes. */
export interface RemediationContext extends ReconcileContext {
  /** Starts the workflow of a run, also where an earlier one has completed. Harmless when one is open. */
  startAgain(run: StartableRun): Promise<void>
  /** Ends an open workflow at once. */
  terminate(workflow: { workflowId: string; temporalRunId: string }): Promise<void>
}

/** The person who remediates a finding, and why. */
export interface RemediationDecision {
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
  /** Our own records, in the transaction that closes the finding. @throws NotRemediated when they have changed meanwhile. */
  here?(transaction: Transaction<Database>, decision: RemediationDecision): Promise<unknown>
}

/**
 * One way out of a finding. It looks again, and changes nothing yet.
 * @throws NotRemediated when the finding is gone, or this way is not open.
 */
export type Remediation = (context: RemediationContext, finding: Finding) => Promise<Effect>

/** Why a finding was not remediated. `gone`: a recheck does not find it any more. */
export class NotRemediated extends Error {
  override readonly name = 'NotRemediated'
  readonly outcome: 'gone' | 'refused'

  constructor(outcome: 'gone' | 'refused', message: string) {
    super(message)
    this.outcome = outcome
  }
}

export function gone(): NotRemediated {
  return new NotRemediated('gone', 'It is gone: a recheck does not find it any more.')
}

export function refused(reason: string): NotRemediated {
  return new NotRemediated('refused', reason)
}
