import type { OrganizationType } from '../domain/organization-types.ts'
import type { OperationKind, OperationRequest } from '../domain/operations.ts'
import type { PlannedStep } from '../domain/run-plan.ts'

/** What starting a run's workflow takes. */
export type StartableRun = OperationRequest & {
  id: string
  plan: PlannedStep[]
  /** Below which the account is added; for a run of another kind, the account itself. */
  parent: { id: string; name: string; type: OrganizationType; path: string }
}

export type Operation = 'retry' | 'skip' | 'cancel'

/** A decision on a run. `actor` is the id of the API key; reasons stay in our own database. */
export interface Decision {
  operation: Operation
  step?: string | undefined
  /** For `cancel`: answers for the steps whose policy is to ask. */
  undo?: Record<string, 'undo' | 'keep'> | undefined
  actor: string
}

/**
 * What became of a decision: `refused` by the workflow, in words; `not_running` when there is no open workflow;
 * `unreachable` when Temporal, or the worker behind it, did not answer in time.
 */
export type DecisionOutcome =
  | { outcome: 'taken' }
  | { outcome: 'refused'; reason: string }
  | { outcome: 'not_running' }
  | { outcome: 'unreachable' }

/** The workflows behind runs, as the API needs them. */
export interface Runs {
  /**
   * Starts the workflow. Harmless when it runs already.
   * @throws Error when Temporal does not take it within five seconds.
   */
  start(run: StartableRun): Promise<void>
  decide(run: { kind: OperationKind; id: string }, decision: Decision): Promise<DecisionOutcome>
  isReachable(): Promise<boolean>
}
