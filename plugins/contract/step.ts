import type { z } from 'zod'
import type { RunKind, RunRequests } from '../../domain/runs/run-requests.ts'
import type { Placement, RetryPolicy, UndoPolicy } from '../../domain/runs/run-plan.ts'
import type { BillingAdapter } from './billing.ts'
import type { CallContext, InTransaction, StepPreview } from './call.ts'
import type { Notifier } from './notifier.ts'

/** The providers that this deployment enabled. */
export interface Providers {
  /** The billing adapter with this id. @throws StepError `billing_adapter_missing` when no plug-in brings that adapter. */
  billing(adapterId: string): BillingAdapter
  /** The notifier in use. @throws StepError `notifier_missing` when no plug-in brings one. */
  notifier(): Notifier
}

/** What a step's body is given besides its input. */
export interface StepContext extends CallContext, Providers {
  /** The id of the run, `onb_…` or `opr_…`, whatever its kind. */
  runId: string
  /** When the attempt began. Use it in place of a clock, so that all of an attempt happens at one time. */
  now: Date
  /**
   * How often a person asked for another try after the step itself had asked for one: it threw a `StepError` of class
   * `needs_input`. A step that waits for an approval takes the first as one. Another try after a failure that is not the
   * step's own, such as a worker without it, does not count.
   */
  retries: number
}

/** What a step answers. */
export interface StepResult<Output> {
  /** As the step's `output` schema says. It is kept in the step journal, and given to the steps that need it. */
  output: Output
  /** The id that a provider gave to the effect. People are told it where the effect is not undone. Default: none. */
  externalReference?: string
}

/** What `lookup` found out about an earlier attempt whose answer was lost. */
export type LookupResult<Output> =
  /** The effect is there: `result` is recorded as what the step answered. */
  | { outcome: 'happened'; result: StepResult<Output> }
  /**
   * The effect may be there, and that makes no difference: the step is executed again, and a cancel undoes it with `result`.
   * Both have to be harmless whether the effect is there or not.
   */
  | { outcome: 'either'; result: StepResult<Output> }
  /** The effect is not there: the step is executed again. */
  | { outcome: 'absent' }
  /** Nobody can tell: a person is asked. */
  | { outcome: 'unknown' }

/**
 * A step that another one needs. Every step is a reference to itself; for a step whose package is not at hand, write down its
 * id, its version, its kinds of run and the part of its output that is read.
 *
 * @example
 * ```ts
 * import type { StepReference } from 'tenantry'
 * import { z } from 'zod'
 *
 * export const registerInCrm = {
 *   id: 'register-in-crm',
 *   version: 1,
 *   operations: ['add-account'],
 *   output: z.object({ crmId: z.string() }),
 * } as const satisfies StepReference
 * ```
 */
export interface StepReference<Output = unknown, Kind extends RunKind = RunKind> {
  /** The `id` of the step. One that no plug-in brings stops the start. */
  readonly id: string
  /** The `version` of the step. Another one than is enabled stops the start. */
  readonly version: number
  /** The kinds of run that may have the step. */
  readonly operations: readonly Kind[]
  /** An object schema of the output, or of the part of it that is read. */
  readonly output: z.ZodType<Output>
}

/** What every step says about itself, whatever it does. */
export interface StepBasics<Request> {
  /** Names the step, in kebab case. It is the Temporal activity type, so it is what operators see. Never rename it. */
  id: string
  /** A whole number, from 1. Raise it when runs under way must not execute the new body, and keep the old step as `retired`. */
  version: number
  /** A few words in the imperative, as people see them in the API and the Web UI. */
  title: string
  /**
   * Ids of steps that come before this one, where the plan has them. Their output is not read. Default: none. An id that no
   * plug-in brings, and steps that wait for each other in a circle, stop the start.
   */
  after?: readonly string[]
  /** Ids of steps that come after this one, where the plan has them. Default: none. What stops the start is as for `after`. */
  before?: readonly string[]
  /** Whether a person may skip the step. Then no other step can need its output. Default: `false`. */
  optional?: boolean
  /**
   * Whether the run plan of this request has the step. A plan never has a step without the steps it needs. It must have no
   * effect, and give the same answer for the same request. Default: every request has it.
   */
  appliesTo?(request: Request): boolean
  /**
   * How a `retryable` failure is tried again; times are milliseconds. What is left out has its default: at most 10 attempts,
   * the second after 1 second, and twice as long a wait before each further one, at most 30 seconds. Then a person is asked.
   */
  retry?: Partial<RetryPolicy>
  /**
   * The longest time that one attempt may take, in milliseconds. After that the signal aborts, and the attempt fails with
   * `step_timed_out`. Default: 10,000.
   */
  timeout?: number
  /**
   * What a cancel does with the step when it is done, or may be done. `undo`: it is undone by `compensate`. `keep`: it stays as
   * it is. `ask`: the person who cancels says which of both.
   */
  undo: UndoPolicy
  /** `true`: the step only reads, so that a cancelled run does not list it as not undone. Default: the step has an effect. */
  readOnly?: true
  /**
   * Says what the step would do for this request, for a dry run. It must have no effect.
   * Conformance: "preview says in words what the step would do, and has no effect".
   * @throws StepError when it can't be said, such as `billing_adapter_missing`: the dry run shows it as a problem.
   */
  preview(providers: Providers, request: Request): Promise<StepPreview> | StepPreview
}

/**
 * What `compensate` answers: nothing, or an output in place of the step's own, where undoing made something that the steps
 * which are undone after it have to know.
 */
type Undone<Output> = Promise<Output | void>

/** The body of a step that changes only our own Postgres, inside the transaction it is given. */
export interface TransactionalBody<Input, Output> {
  /** The effect and its row in the step journal commit together. */
  placement: 'transactional'
  /**
   * Does what the step is for, inside `context.transaction`. It may be called again: what an attempt wrote that failed is
   * rolled back.
   * Conformance: "a step that dies before its commit has no effect, and runs again".
   * @throws StepError, whose class decides what happens next; any other error is `retryable`.
   */
  execute(context: StepContext & InTransaction, input: Input): Promise<StepResult<Output>>
  /**
   * Undoes what the step did, inside `context.transaction`; `output` is what `execute` answered. Default: the step is not
   * undone.
   * Conformance: "can be undone, also when undoing breaks off and is tried again".
   * @throws StepError. Undoing that keeps failing waits for a person.
   */
  compensate?(context: StepContext & InTransaction, input: Input, output: Output): Undone<Output>
}

/** What belongs to a call to somebody else. */
interface AroundCall<Input, Output> {
  /**
   * Asks what an earlier attempt did, before the step is executed again or undone: after one whose answer was lost, and after one
   * that failed with `retryable`. It has the key of that attempt, and must have no effect. Default: a person is asked where the
   * answer was lost.
   * Conformance: "the look-up of a call that never arrived does not say that it happened, and has no effect".
   * @throws StepError when the provider can't be asked now.
   */
  lookup?(context: StepContext, input: Input): Promise<LookupResult<Output>>
  /**
   * Writes what belongs to the effect into our own tables. It commits together with the step's result. It may be called again:
   * what an attempt wrote that failed is rolled back. Default: nothing is written.
   */
  record?(context: InTransaction, input: Input, output: Output): Promise<void>
  /**
   * Takes back what `record` wrote. It commits together with the note that the step was undone. It is called too where the
   * answer of the step was lost, so that `record` was not called. Default: nothing is taken back.
   */
  unrecord?(context: InTransaction, input: Input, output: Output): Promise<void>
}

/** The body of a step that calls somebody else. */
export interface ExternalBody<Input, Output> extends AroundCall<Input, Output> {
  /** The step is executed outside of any transaction; that it began is recorded before, and its result after. */
  placement: 'external'
  /**
   * Does what the step is for. After a `retryable` failure, and after a person asked for another try, it is called again with
   * the same `context.idempotencyKey`, unless `lookup` answers that the effect is there.
   * Conformance: "a step whose answer is lost has its effect once, after the look-up and the next attempt".
   * @throws StepError, whose class decides what happens next; any other error is `retryable`. Throw `unknown_outcome` where the
   * call may have had its effect and a repeat could have a second one.
   */
  execute(context: StepContext, input: Input): Promise<StepResult<Output>>
  /**
   * Undoes what the step did; `output` is what `execute` answered, or what `lookup` found. It may be called again with the same
   * key, which ends in `:undo`, and must be harmless then. Default: the step is not undone.
   * Conformance: "can be undone, also when undoing breaks off and is tried again".
   * @throws StepError. Undoing that keeps failing waits for a person.
   */
  compensate?(context: StepContext, input: Input, output: Output): Undone<Output>
}

/**
 * The body of a step that calls the billing adapter of the request. It is executed as a transactional step where that adapter
 * is `transactional`, and as an external one otherwise.
 */
export interface BillingBody<Input, Output> extends AroundCall<Input, Output> {
  /** The adapter decides. With several adapters, such as when billing is switched, each has to be `transactional`. */
  placement: 'by-billing-adapter'
  /**
   * Does what the step is for: as `execute` of an external step. Hand `context` on to the adapter: it has a `transaction` only
   * where the adapter is `transactional`.
   * @throws StepError, as `execute` of an external step.
   */
  execute(context: StepContext & Partial<InTransaction>, input: Input): Promise<StepResult<Output>>
  /**
   * Undoes what the step did: as `compensate` of an external step, with `context` as `execute` has it. Default: the step is not
   * undone.
   * @throws StepError. Undoing that keeps failing waits for a person.
   */
  compensate?(context: StepContext & Partial<InTransaction>, input: Input, output: Output): Undone<Output>
}

/** A step as the engine has it. Made by `defineStep`. */
interface StepParts<Input, Output, Kind extends RunKind> extends StepBasics<never> {
  /** The kinds of run that may have the step. */
  operations: readonly Kind[]
  /** The steps whose output the step reads. A plan without them is without the step. */
  needs: readonly StepReference[]
  /** All that the step reads, parsed before each attempt: what it picks from the request, and the outputs of those it needs. */
  input: z.ZodType<Input>
  /** What the step answers, as JSON can hold it. */
  output: z.ZodType<Output>
  /** As `StepBasics` has it, for a request of these kinds. */
  appliesTo?(request: RunRequests[Kind]): boolean
  /** As `StepBasics` has it, for a request of these kinds. */
  preview(providers: Providers, request: RunRequests[Kind]): Promise<StepPreview> | StepPreview
}

/** A step that touches only our own Postgres. */
export type TransactionalStep<Input = unknown, Output = unknown, Kind extends RunKind = RunKind> = StepParts<
  Input,
  Output,
  Kind
> &
  TransactionalBody<Input, Output>

/** A step that calls somebody else. */
export type ExternalStep<Input = unknown, Output = unknown, Kind extends RunKind = RunKind> = StepParts<
  Input,
  Output,
  Kind
> &
  ExternalBody<Input, Output>

/** A step that is placed as the billing adapter of its request is. */
export type BillingStep<Input = unknown, Output = unknown, Kind extends RunKind = RunKind> = StepParts<
  Input,
  Output,
  Kind
> &
  BillingBody<Input, Output>

/** Any step: what a plug-in brings. */
export type Step<Input = unknown, Output = unknown, Kind extends RunKind = RunKind> =
  | TransactionalStep<Input, Output, Kind>
  | ExternalStep<Input, Output, Kind>
  | BillingStep<Input, Output, Kind>

export type { Placement, RetryPolicy, UndoPolicy }
