import type { InTransaction, RunKind, RunRequests, Providers, Step } from '../../plugin-contract.ts'
import { ensure } from '../check.ts'

/** A step, with all that the kit needs to execute it. */
export interface StepSubject {
  step: Step
  /** How the kit executes the step. For a step `by-billing-adapter`: the placement of the adapter in `providers`. */
  placement: 'transactional' | 'external'
  /** The adapters and the notifier that the step uses. */
  providers: Providers
  /** The request for `preview`. */
  request: RunRequests[RunKind]
  /** Returns a new input: the fields of a request that the step reads, and the outputs of the steps that it needs. */
  prepareInput(): Promise<Record<string, unknown>>
  /** Returns a new input that the step refuses. Default: the kit does not check refused input. */
  prepareRefusedInput?(): Promise<Record<string, unknown>>
  /** `true`: the step asks a person before it has an effect, and goes on when the person retries it. Default: `false`. */
  asksFirst?: boolean
  /** Runs `body` in a transaction, and rolls it back when `body` throws. For steps that write to our Postgres. */
  transact?<Result>(body: (context: InTransaction) => Promise<Result>): Promise<Result>
  /** The number of effects of the step that exist now, in our database and at its provider. */
  countEffects(): Promise<number>
}

/** Runs `body` in a transaction of the subject. @throws Error when the subject has no `transact`. */
export function transact<Result>(
  subject: StepSubject,
  body: (context: InTransaction) => Promise<Result>,
): Promise<Result> {
  ensure(
    subject.transact !== undefined,
    `The step "${subject.step.id}" writes to our Postgres, so its subject needs transact.`,
  )
  return subject.transact(body)
}
