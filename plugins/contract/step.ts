import type { z } from 'zod'
import type { RunKind, RunRequests } from '../../domain/runs/run-requests.ts'
import type { Placement, RetryPolicy, UndoPolicy } from '../../domain/runs/run-plan.ts'
import type { BillingAdapter } from './billing.ts'
import type { CallContext, InTransaction, StepPreview } from './call.ts'
import type { Notifier } from './notifier.ts'

/** The billing adapters and the notifier of the enabled plug-ins. */
export interface Providers {
  /** The billing adapter with this id. @throws StepError `billing_adapter_missing` when no plug-in has it. */
  billing(adapterId: string): BillingAdapter
  /** The notifier in use. @throws StepError `notifier_missing` when no plug-in has one. */
  notifier(): Notifier
}

/** The context of a step's body. */
export interface StepContext extends CallContext, Providers {
  /**
   * As `Providers` has it. The adapter of a provider asks `find` before it sends a call that an earlier attempt may have sent,
   * and returns what `find` returns. A call whose key begins with another key than `idempotencyKey` is always asked for.
   */
  billing(adapterId: string): BillingAdapter
  /** The id of the run, `onb_…` or `opr_…`, whatever its kind. */
  runId: string
  /** When the attempt began. Use it instead of a clock, so that all times of an attempt are the same. */
  now: Date
  /**
   * The number of times that a person retried the step after it threw a `StepError` of class `needs_input`. A step that waits for
   * an approval takes the first retry as the approval. Retries after other failures, such as a worker without the step, do not
   * count.
   */
  retries: number
}

/** The result of a step. */
export interface StepResult<Output> {
  /** The output, as its schema says. The step journal stores it, and the steps that need or read it get it. */
  output: Output
  /** The provider's id of the effect. `notUndone` shows it to people if the effect stays after a cancel. Default: none. */
  externalReference?: string
}

/** What `lookup` knows about an earlier attempt with a lost answer. */
export type LookupResult<Output> =
  /** The effect happened. `result` is recorded as the result of the step. */
  | { outcome: 'happened'; result: StepResult<Output> }
  /**
   * The effect may have happened. The step is executed again, and a cancel undoes it with `result`. Both must work whether the
   * effect happened or not.
   */
  | { outcome: 'either'; result: StepResult<Output> }
  /** The effect did not happen. The step is executed again. */
  | { outcome: 'absent' }
  /** The provider cannot tell. The step needs attention. */
  | { outcome: 'unknown' }

/**
 * A step in `needs` or `reads` of another step. Every step is a reference to itself. For a step that you cannot import, write its id, its
 * version, its kinds of run and the part of its output that is read.
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
  /** The `id` of the step. If no plug-in has the step, no process starts. */
  readonly id: string
  /** The `version` of the step. If another version is enabled, no process starts. */
  readonly version: number
  /** The kinds of run that may have the step. */
  readonly operations: readonly Kind[]
  /** An object schema of the output, or of the part of it that is read. */
  readonly output: z.ZodType<Output>
}

/** The members that every step has, whatever its placement. */
export interface StepBasics<Request> {
  /** The name of the step, in kebab case. It is the Temporal activity type that operators see. Never rename it. */
  id: string
  /** A whole number, from 1. Raise it when open runs must not execute the new body, and keep the old step as `retired`. */
  version: number
  /** A few words in the imperative, as people see them in the API and the Web UI. */
  title: string
  /**
   * Ids of steps that run before this one, if the run plan has them. Their output is not read. Default: none. If no plug-in has the
   * step, or steps wait for each other in a cycle, no process starts.
   */
  after?: readonly string[]
  /** Ids of steps that run after this one, if the run plan has them. Default: none. The rules are those of `after`. */
  before?: readonly string[]
  /** Whether a person may skip the step. No other step can need the output of an optional step. Default: `false`. */
  optional?: boolean
  /**
   * Whether the run plan of this request has the step. A run plan never has a step without the steps it needs. It must have no
   * effect, and give the same answer for the same request. Default: every request has it.
   */
  appliesTo?(request: Request): boolean
  /**
   * The retry policy for `retryable` failures, with times in milliseconds. Default, for each field: at most 10 attempts, a first
   * interval of 1 second, a coefficient of 2, and a longest interval of 30 seconds. After the last attempt the step needs
   * attention.
   */
  retry?: Partial<RetryPolicy>
  /**
   * The milliseconds that one attempt may take. Then the signal aborts, and the attempt fails with `step_timed_out`.
   * Default: 10,000.
   */
  timeout?: number
  /**
   * What a cancel does with the step if its effect happened, or may have happened. `undo`: the cancel calls `compensate`. `keep`:
   * the effect stays. `ask`: the person who cancels decides between both.
   */
  undo: UndoPolicy
  /** `true`: the step only reads, so that a cancelled run does not list it as not undone. Default: the step has an effect. */
  readOnly?: true
  /**
   * Fields of the request that a person may correct at this step although another step is done with them: the ids of those steps, by
   * the JSON pointer of the field. This step brings the corrected value to where they stored the old one. Default: none, so that a
   * field that a done step has read can only be changed by a call of its own.
   */
  carries?: Readonly<Record<string, readonly string[]>>
  /**
   * Describes what the step would do for this request, for a dry run. It must have no effect.
   * Conformance: "preview returns a summary, and has no effect".
   * @throws StepError when the step could not run, such as `billing_adapter_missing`. The dry run shows it as a problem.
   */
  preview(providers: Providers, request: Request): Promise<StepPreview> | StepPreview
}

/**
 * The result of `compensate`: nothing, or an output that replaces the step's own for the steps that need or read it and are undone
 * after it.
 */
type Undone<Output> = Promise<Output | void>

/** The body of a step that changes only our own Postgres, inside the transaction it is given. */
export interface TransactionalBody<Input, Output> {
  /**
   * The effect and its row in the step journal commit together. No provider is called while our transaction is open: `billing` and
   * `notifier` of the context throw `provider_in_transaction`, except for an adapter that is `transactional`.
   */
  placement: 'transactional'
  /**
   * Executes the step inside `context.transaction`. It may be called again: the transaction of a failed attempt is rolled back.
   * Conformance: "a step that ends before its commit has no effect, and can run again".
   * @throws StepError, whose class decides what happens next; any other error is `retryable`.
   */
  execute(context: StepContext & InTransaction, input: Input): Promise<StepResult<Output>>
  /**
   * Undoes the step inside `context.transaction`; `output` is that of `execute`. Default: the step is not undone.
   * Conformance: "can be undone, even if undoing is interrupted and tried again".
   * @throws StepError. If all attempts to undo the step fail, it needs attention.
   */
  compensate?(context: StepContext & InTransaction, input: Input, output: Output): Undone<Output>
}

/** The members of a step that calls a provider. */
interface AroundCall<Input, Output> {
  /**
   * Asks the provider what an earlier attempt did, before the step is executed again or undone. It is called after an attempt with
   * a lost answer, and after one that failed with `retryable`. It has the key of that attempt, and must have no effect. Default: a
   * step with a lost answer needs attention.
   * Conformance: "lookup of a call that never arrived does not return happened, and has no effect".
   * @throws StepError when the provider cannot answer now.
   */
  lookup?(context: StepContext, input: Input): Promise<LookupResult<Output>>
  /**
   * Writes the result of the effect into our own tables. It commits together with the step's journal entry. It may be called again:
   * the transaction of a failed attempt is rolled back. Default: nothing is written.
   */
  record?(context: InTransaction, input: Input, output: Output): Promise<void>
  /**
   * Deletes the rows that `record` wrote. It commits together with the journal entry of the undoing. It is also called when the
   * answer of the step was lost, so that `record` was not called. `output` is that of `compensate`, if it returned one. Default:
   * nothing is deleted.
   */
  unrecord?(context: InTransaction, input: Input, output: Output): Promise<void>
}

/** The body of a step that calls a provider. */
export interface ExternalBody<Input, Output> extends AroundCall<Input, Output> {
  /** The step is executed outside of any transaction. Its intent is recorded before, and its result after. */
  placement: 'external'
  /**
   * Executes the step. After a `retryable` failure, and after a retry by a person, it is called again with the same
   * `context.idempotencyKey`, unless `lookup` returns `happened`. A person may retry after days, when the provider has forgotten
   * the key. So a step that makes several calls asks for each by itself before it sends it again; the adapters of
   * `context.billing` do so.
   * Conformance: "a step with a lost answer has its effect once, after lookup and the next attempt", "a call that the provider
   * has on record is not sent again, even if the provider has forgotten its key".
   * @throws StepError, whose class decides what happens next; any other error is `retryable`. Throw `unknown_outcome` if the
   * call may have had its effect and a repeat could have a second one.
   */
  execute(context: StepContext, input: Input): Promise<StepResult<Output>>
  /**
   * Undoes the step; `output` is that of `execute` or `lookup`. It may be called again with the same key, which ends in `:undo`,
   * and must then have no further effect. Here too, each call is asked for before it is sent again. Default: the step is not
   * undone.
   * Conformance: "can be undone, even if undoing is interrupted and tried again", "an undo that is tried again sends no call that
   * the provider has on record".
   * @throws StepError. If all attempts to undo the step fail, it needs attention.
   */
  compensate?(context: StepContext, input: Input, output: Output): Undone<Output>
}

/**
 * The body of a step that calls the billing adapter of the request. It is executed as a transactional step if that adapter is
 * `transactional`, and as an external step otherwise.
 */
export interface BillingBody<Input, Output> extends AroundCall<Input, Output> {
  /** The adapter decides. With several adapters, as in a billing switch, the step is transactional only if all of them are. */
  placement: 'by-billing-adapter'
  /**
   * Executes the step, as `execute` of an external step. Pass `context` to the adapter: it has a `transaction` only if the adapter
   * is `transactional`.
   * @throws StepError, as `execute` of an external step.
   */
  execute(context: StepContext & Partial<InTransaction>, input: Input): Promise<StepResult<Output>>
  /**
   * Undoes the step, as `compensate` of an external step, with the `context` of `execute`. Default: the step is not undone.
   * @throws StepError. If all attempts to undo the step fail, it needs attention.
   */
  compensate?(context: StepContext & Partial<InTransaction>, input: Input, output: Output): Undone<Output>
}

/** A step as the engine uses it. `defineStep` returns it. */
interface StepParts<Input, Output, Kind extends RunKind> extends StepBasics<never> {
  /** The kinds of run that may have the step. */
  operations: readonly Kind[]
  /** The steps whose output the step reads. A run plan without them does not have the step. */
  needs: readonly StepReference[]
  /** The steps whose output the step reads if its run has them. */
  reads: readonly StepReference[]
  /** The input, parsed before each attempt: fields of the request, and outputs of the steps in `needs` and `reads`. */
  input: z.ZodType<Input>
  /** The output of the step, as JSON. */
  output: z.ZodType<Output>
  /** As `StepBasics` has it, for a request of these kinds. */
  appliesTo?(request: RunRequests[Kind]): boolean
  /** As `StepBasics` has it, for a request of these kinds. */
  preview(providers: Providers, request: RunRequests[Kind]): Promise<StepPreview> | StepPreview
}

/** A step that changes only our own Postgres. */
export type TransactionalStep<Input = unknown, Output = unknown, Kind extends RunKind = RunKind> = StepParts<
  Input,
  Output,
  Kind
> &
  TransactionalBody<Input, Output>

/** A step that calls a provider. */
export type ExternalStep<Input = unknown, Output = unknown, Kind extends RunKind = RunKind> = StepParts<
  Input,
  Output,
  Kind
> &
  ExternalBody<Input, Output>

/** A step with the placement of the billing adapter of its request. */
export type BillingStep<Input = unknown, Output = unknown, Kind extends RunKind = RunKind> = StepParts<
  Input,
  Output,
  Kind
> &
  BillingBody<Input, Output>

/** A step of any placement. */
export type Step<Input = unknown, Output = unknown, Kind extends RunKind = RunKind> =
  | TransactionalStep<Input, Output, Kind>
  | ExternalStep<Input, Output, Kind>
  | BillingStep<Input, Output, Kind>

export type { Placement, RetryPolicy, UndoPolicy }
