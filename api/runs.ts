import type { HandOverOutcome, WrittenDecision } from '../decisions/hand-over.ts'
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

/** The workflows behind runs, as the API needs them. */
export interface Runs {
  /**
   * Starts the workflow. Harmless when it runs already.
   * @throws Error when Temporal does not take it within five seconds.
   */
  start(run: StartableRun): Promise<void>
  handOver(run: { kind: OperationKind; id: string }, decision: WrittenDecision): Promise<HandOverOutcome>
  isReachable(): Promise<boolean>
}
