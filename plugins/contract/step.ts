import type { z } from 'zod'
import type { RunKind, RunRequests } from '../../domain/runs/run-requests.ts'
import type { Placement, RetryPolicy, UndoPolicy } from '../../domain/runs/run-plan.ts'
import type { BillingAdapter } from './billing.ts'
import type { CallContext, InTransaction, StepPreview } from './call.ts'
import type { Notifier } from './notifier.ts'

/** Where a step finds the providers that this deployment enabled. */
export interface Providers {
  /** @throws StepError `billing_adapter_missing` when no plug-in brings that adapter. */
  billing(adapterId: string): BillingAdapter
  /** @throws StepError `notifier_missing` when no plug-in brings one. */
  notifier(): Notifier
}

/** What a step's body is given besides its input. */
export interface StepContext extends CallContext, Providers {
  runId: string
  now: Date
  /**
   * How often a person asked for another try after the step itself had asked for one: it threw a `StepError` of class
   * `needs_input`. A step that waits for an approval takes the first as one. Another try after a failure that is not the
   * step's own, such as a worker without it, does not count.
   */
  retries: number
}

/** What a step answers: its output, and the id under which a provider knows the effect. */
export interface StepResult<Output> {
  output: Output
  externalReference?: string
}

/**
 * What `lookup` found out about an earlier attempt whose answer was lost: `happened` is recorded as the step's result,
 * `absent` means it is safe to call again, `unknown` asks a person. `either` says that it may have happened and that this makes
 * no difference: it is called again, and a cancel undoes it with this result, so both have to be harmless whether it had
 * happened or not.
 */
export type LookupResult<Output> =
  | { outcome: 'happened'; result: StepResult<Output> }
  | { outcome: 'either'; result: StepResult<Output> }
  | { outcome: 'absent' }
  | { outcome: 'unknown' }

/**
 * What of a step another one refers to when it needs it. Every step is one; for a step whose package is not at hand,
 * write down its id, its version, its kinds of run and the part of its output that is read.
 */
export interface StepReference<Output = unknown, Kind extends RunKind = RunKind> {
  readonly id: string
  readonly version: number
  /** The kinds of run that may have it. */
  readonly operations: readonly Kind[]
  readonly output: z.ZodType<Output>
}

/** What every step says about itself, whatever it does. */
export interface StepBasics<Request> {
  /** Kebab case. It names the Temporal activity type, so it is what operators see. */
  id: string
  /** Raise it when a running onboarding must not run the new body. */
  version: number
  /** A few words in the imperative, as people see them in the API and the Web UI. */
  title: string
  /** Ids of steps that come first, where they are enabled and part of the plan, without their output being read. */
  after?: readonly string[]
  /** Ids of steps that wait for this one: it puts itself in front of them. */
  before?: readonly string[]
  /** Whether a person may go on without it. Then no other step can need its output. */
  optional?: boolean
  /** Whether a request has this step in its plan at all. A plan never has a step without the steps it needs. */
  appliesTo?(request: Request): boolean
  /** How a `retryable` failure is tried again. Default: 10 times, after 1 second, then twice as long, at most 30 seconds. */
  retry?: Partial<RetryPolicy>
  /** Longest time one attempt may take, in milliseconds. Default 10,000. */
  timeout?: number
  /** What cancelling does once this step is done. */
  undo: UndoPolicy
  /** It only looks, and changes nothing anywhere: what was not undone is told without it. */
  readOnly?: true
  /** What the step would do for this request. Must have no effect. */
  preview(providers: Providers, request: Request): Promise<StepPreview> | StepPreview
}

/**
 * What undoing answers: nothing, or an output in place of the step's own, where undoing made something that the steps which
 * are undone after it have to know.
 */
type Undone<Output> = Promise<Output | void>

/** Touches only our own Postgres, inside the transaction it is given. */
export interface TransactionalBody<Input, Output> {
  placement: 'transactional'
  execute(context: StepContext & InTransaction, input: Input): Promise<StepResult<Output>>
  compensate?(context: StepContext & InTransaction, input: Input, output: Output): Undone<Output>
}

/** What goes around a call to somebody else. */
interface AroundCall<Input, Output> {
  /** Asked before calling again when an earlier attempt's outcome is unknown. Without it, a person is asked. */
  lookup?(context: StepContext, input: Input): Promise<LookupResult<Output>>
  /** Writes what belongs to the effect into our own tables; commits with the step's result. */
  record?(context: InTransaction, input: Input, output: Output): Promise<void>
  /** The counterpart of `record`, committed together with the note that the step was undone. */
  unrecord?(context: InTransaction, input: Input, output: Output): Promise<void>
}

/** Calls somebody else. */
export interface ExternalBody<Input, Output> extends AroundCall<Input, Output> {
  placement: 'external'
  execute(context: StepContext, input: Input): Promise<StepResult<Output>>
  compensate?(context: StepContext, input: Input, output: Output): Undone<Output>
}

/** As transactional, or as external, as the billing adapter which the request chose. */
export interface BillingBody<Input, Output> extends AroundCall<Input, Output> {
  placement: 'by-billing-adapter'
  execute(context: StepContext & Partial<InTransaction>, input: Input): Promise<StepResult<Output>>
  compensate?(context: StepContext & Partial<InTransaction>, input: Input, output: Output): Undone<Output>
}

/** A step as the engine has it. Made by `defineStep`. */
interface StepParts<Input, Output, Kind extends RunKind> extends StepBasics<never> {
  /** The kinds of run that may have this step. */
  operations: readonly Kind[]
  needs: readonly StepReference[]
  /** All that the step reads: what it picks from the request, and the outputs of the steps it needs. */
  input: z.ZodType<Input>
  output: z.ZodType<Output>
  appliesTo?(request: RunRequests[Kind]): boolean
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
