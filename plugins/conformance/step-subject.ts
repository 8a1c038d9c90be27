import type { InTransaction, RunKind, RunRequests, Providers, Step } from '../plugin-contract.ts'
import { ensure } from './check.ts'

/** A step with what it takes to run it. */
export interface StepSubject {
  step: Step
  /** Where the step runs. One that is `by-billing-adapter` runs as the adapter in `providers` does. */
  placement: 'transactional' | 'external'
  /** The adapters and the notifier that the step uses. */
  providers: Providers
  /** The request that `preview` is called with. */
  request: RunRequests[RunKind]
  /** What a run would give the step: what it picks from a request, and the outputs of the steps it needs. New each time. */
  prepareInput(): Promise<Record<string, unknown>>
  /** An input that the step refuses, where there is one. */
  prepareRefusedInput?(): Promise<Record<string, unknown>>
  /** The step asks a person before it does anything: it goes on once another try was asked for. */
  asksFirst?: boolean
  /** Runs `body` in a transaction, which is rolled back when it throws. For steps that write to our Postgres. */
  transact?<Result>(body: (context: InTransaction) => Promise<Result>): Promise<Result>
  /** How many effects of the step are in place now, in our database and at its provider. */
  countEffects(): Promise<number>
}

/** @throws Error when the subject brings no transactions, and its step needs one. */
export function transact<Result>(
  subject: StepSubject,
  body: (context: InTransaction) => Promise<Result>,
): Promise<Result> {
  ensure(
    subject.transact !== undefined,
    `The step "${subject.step.id}" writes to our Postgres: name transact.`,
  )
  return subject.transact(body)
}
