import type { Transaction } from 'kysely'
import type { Database } from '../../domain/database/tables.ts'
import type { Finding } from '../../domain/reconciliation/findings.ts'
import type { StartableRun } from '../../domain/runs/unstarted-runs.ts'
import type { ReconcileContext } from './comparison.ts'

export interface RemediationContext extends ReconcileContext {
  /** Starts the workflow of a run, even if an earlier one has completed. Has no effect if one is open. */
  startAgain(run: StartableRun): Promise<void>
  terminate(workflow: { workflowId: string; temporalRunId: string }): Promise<void>
}

export interface RemediationDecision {
  actor: string
  reason: string
}

/** The effect of a remediation, which follows a successful recheck. */
export interface Effect {
  /**
   * Changes a provider or a workflow, before our records change. It must be idempotent.
   * @throws StepError of the billing adapter.
   */
  elsewhere?(): Promise<unknown>
  /** Changes our records in the transaction that closes the finding. @throws NotRemediated if they changed since the recheck. */
  here?(transaction: Transaction<Database>, decision: RemediationDecision): Promise<unknown>
}

/**
 * Rechecks a finding, and returns the effect that resolves it. It changes nothing itself.
 * @throws NotRemediated if the finding is gone, or if this remediation is not possible.
 */
export type Remediation = (context: RemediationContext, finding: Finding) => Promise<Effect>

/** A finding was not remediated. `gone`: the recheck does not find it any more. */
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
