import type { InTransaction, OperationKind, OperationRequests, Providers, Step } from '../contract.ts'

/** A step with what it takes to run it. */
export interface StepSubject {
  step: Step
  /** Where the step runs. One that is `by-billing-adapter` runs as the adapter in `providers` does. */
  placement: 'transactional' | 'external'
  /** The adapters and the notifier that the step uses. */
  providers: Providers
  /** What the review is shown for. */
  request: OperationRequests[OperationKind]
  /** What a run would give the step: what it picks from a request, and the outputs of the steps it needs. New each time. */
  prepareInput(): Promise<Record<string, unknown>>
  /** An input that the step refuses, where there is one. */
  prepareRefusedInput?(): Promise<Record<string, unknown>>
  /** Runs `body` in a transaction, which is rolled back when it throws. */
  transact<Result>(body: (context: InTransaction) => Promise<Result>): Promise<Result>
  /** How many effects of the step are in place now, in our database and at its provider. */
  countEffects(): Promise<number>
}
