import type { Transaction } from 'kysely'
import type { z } from 'zod'
import type { AddAccountRequest } from '../domain/add-account.ts'
import type { Database } from '../domain/database/tables.ts'
import type { ErrorClass } from '../domain/errors.ts'
import type { Placement, RetryPolicy, UndoPolicy } from '../domain/run-plan.ts'

export type { AddAccountRequest, ErrorClass, Placement, RetryPolicy, UndoPolicy }

/**
 * The one error a plug-in throws on purpose. Anything else it throws is taken as `retryable` with the code `unexpected`.
 * `message` and `nextAction` are shown to people and stored in workflow history, so they carry no personal data and
 * no secrets.
 */
export class StepError extends Error {
  override readonly name = 'StepError'
  readonly class: ErrorClass
  /** Stable, lower snake case. */
  readonly code: string
  /** What a person should do now, in plain words. */
  readonly nextAction: string
  /** For `needs_input`: which fields of the request to correct. */
  readonly fields: { pointer: string; message: string }[]
  /** For `retryable`: the provider asked to wait this long, in milliseconds. */
  readonly retryAfter: number | undefined

  constructor(details: {
    class: ErrorClass
    code: string
    message: string
    nextAction: string
    fields?: { pointer: string; message: string }[]
    retryAfter?: number
  }) {
    super(details.message)
    this.class = details.class
    this.code = details.code
    this.nextAction = details.nextAction
    this.fields = details.fields ?? []
    this.retryAfter = details.retryAfter
  }
}

/** What every call into a plug-in is given. */
export interface CallContext {
  /** Same key, same call: `{onboarding}:{step}:{revision}`, with a suffix where a step makes several calls. */
  idempotencyKey: string
  /** Aborts when the attempt's time is up or the run is cancelled. */
  signal: AbortSignal
}

/** Where a step finds the providers that this deployment enabled. */
export interface Providers {
  /** @throws StepError `billing_adapter_missing` when no plug-in brings that adapter. */
  billing(adapterId: string): BillingAdapter
  /** @throws StepError `notifier_missing` when no plug-in brings one. */
  notifier(): Notifier
}

export interface StepContext extends CallContext, Providers {
  onboardingId: string
  now: Date
}

/** The transaction in which an effect and its row in the step ledger commit together. */
export interface InTransaction {
  transaction: Transaction<Database>
}

/** What a step answers: its output, and the id under which a provider knows the effect. */
export interface StepResult<Output> {
  output: Output
  externalReference?: string
}

/**
 * What `lookup` found out about an earlier attempt whose answer was lost: `happened` is recorded as the step's result,
 * `absent` means it is safe to call again, `unknown` asks a person.
 */
export type LookupResult<Output> =
  | { outcome: 'happened'; result: StepResult<Output> }
  | { outcome: 'absent' }
  | { outcome: 'unknown' }

/** One line of the review: what a step would do. */
export interface StepPreview {
  summary: string
  details?: Record<string, unknown>
}

interface StepDeclaration<Input, Output> {
  /** Kebab case. It names the Temporal activity type, so it is what operators see. */
  id: string
  /** Raise it when a running onboarding must not run the new body. */
  version: number
  title: string
  /** Ids of the steps whose output this one reads, or whose effect must come first. */
  needs: readonly string[]
  optional?: boolean
  /** Whether a request has this step in its plan at all. Default: always. */
  appliesTo?(request: AddAccountRequest): boolean
  /**
   * Picks what the step needs out of the request, `parentId`, and the outputs of the steps it needs, all in one flat
   * object. Parsed before each attempt; what does not parse needs attention, naming the fields.
   */
  input: z.ZodType<Input>
  output: z.ZodType<Output>
  retry?: Partial<RetryPolicy>
  /** Longest time one attempt may take, in milliseconds. Default 10,000. */
  timeout?: number
  /** What cancelling does once this step is done. */
  undo: UndoPolicy
  /** What the step would do for this request. Must have no effect. */
  preview(providers: Providers, request: AddAccountRequest): Promise<StepPreview> | StepPreview
}

/** Touches only our own Postgres, inside the transaction it is given. */
export interface TransactionalStep<Input = unknown, Output = unknown> extends StepDeclaration<Input, Output> {
  placement: 'transactional'
  execute(context: StepContext & InTransaction, input: Input): Promise<StepResult<Output>>
  compensate?(context: StepContext & InTransaction, input: Input, output: Output): Promise<void>
}

/** Calls somebody else. What it writes of our own goes into `record`, which commits with the step's result. */
export interface ExternalStep<Input = unknown, Output = unknown> extends StepDeclaration<Input, Output> {
  placement: 'external'
  execute(context: StepContext, input: Input): Promise<StepResult<Output>>
  /** Asked before calling again when an earlier attempt's outcome is unknown. Without it, a person is asked. */
  lookup?(context: StepContext, input: Input): Promise<LookupResult<Output>>
  record?(context: InTransaction, input: Input, output: Output): Promise<void>
  compensate?(context: StepContext, input: Input, output: Output): Promise<void>
  /** The counterpart of `record`, committed together with the note that the step was undone. */
  unrecord?(context: InTransaction, input: Input, output: Output): Promise<void>
}

/** A step that is as transactional, or as external, as the billing adapter which the request chose. */
export interface BillingStep<Input = unknown, Output = unknown>
  extends Omit<ExternalStep<Input, Output>, 'placement' | 'execute' | 'compensate'> {
  placement: 'by-billing-adapter'
  execute(context: StepContext & Partial<InTransaction>, input: Input): Promise<StepResult<Output>>
  compensate?(context: StepContext & Partial<InTransaction>, input: Input, output: Output): Promise<void>
}

export type Step<Input = unknown, Output = unknown> =
  | TransactionalStep<Input, Output>
  | ExternalStep<Input, Output>
  | BillingStep<Input, Output>

export interface BillingCustomer {
  organizationId: string
  name: string
}

export interface BillingPlan {
  kind: 'trial' | 'purchased'
  /** Trial: how many. Purchased: the optional upper limit. */
  licenses?: number
  trialDays?: number
}

/** A billing call made inside our own transaction only for adapters that are `transactional`. */
export type BillingCall = CallContext & Partial<InTransaction>

/** A billing provider. Every call is idempotent by its key, throws only `StepError`, and stops when the signal aborts. */
export interface BillingAdapter {
  /** What a request names in `plan.billingAdapter`, and what operators filter by. */
  id: string
  capabilities: {
    /** Keeps its records in our own Postgres, so its calls join the step's transaction. */
    transactional: boolean
  }
  /** Credentials and reachability. @throws StepError that names what to fix. */
  check(signal: AbortSignal): Promise<void>
  /** What subscribing would mean, in words for the review. No effect. */
  preview(plan: BillingPlan): StepPreview
  ensureCustomer(call: BillingCall, customer: BillingCustomer): Promise<{ externalId: string }>
  ensureSubscription(
    call: BillingCall,
    subscription: { customerExternalId: string; organizationId: string; plan: BillingPlan },
  ): Promise<{ externalId: string }>
  cancel(call: BillingCall, subscription: { externalId: string }): Promise<void>
  /** What an earlier call with this key did, or undefined when it never arrived. */
  find(call: BillingCall): Promise<{ externalId: string } | undefined>
}

/** A message to one person. The link is a secret: a notifier never logs it. */
export interface InvitationMessage {
  to: { name: string; email: string }
  organizationName: string
  passwordLink: string
  linkExpiresAt: Date
}

/** How people are told. Sends at most once per call; throws `unknown_outcome` when it can't tell whether it sent. */
export interface Notifier {
  id: string
  sendInvitation(call: CallContext, message: InvitationMessage): Promise<{ messageId: string }>
}

/** What one plug-in brings. A plug-in is one folder, or one npm package, and one line of `temporal.config.ts`. */
export interface Plugin {
  name: string
  steps?: readonly Step[]
  billing?: readonly BillingAdapter[]
  notifiers?: readonly Notifier[]
  /** Frees what the plug-in holds, such as pooled connections, when the process ends. */
  close?(): Promise<void> | void
}

export function definePlugin(plugin: Plugin): Plugin {
  return plugin
}

/** Declares a step with its input and output inferred from its schemas. */
export function defineStep<Input, Output>(step: Step<Input, Output>): Step<Input, Output> {
  return step
}
