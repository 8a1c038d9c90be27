import type { OrganizationType } from '../domain/organization-types.ts'
import type { AddAccountRequest } from '../domain/add-account.ts'
import type { PlannedStep } from '../domain/run-plan.ts'

/** What starting an onboarding's workflow takes. */
export interface StartableOnboarding {
  id: string
  request: AddAccountRequest
  plan: PlannedStep[]
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

/** The workflows behind onboardings, as the API needs them. */
export interface OnboardingRuns {
  /**
   * Starts the workflow. Harmless when it runs already.
   * @throws Error when Temporal does not take it within five seconds.
   */
  start(onboarding: StartableOnboarding): Promise<void>
  decide(onboardingId: string, decision: Decision): Promise<DecisionOutcome>
  isReachable(): Promise<boolean>
}
