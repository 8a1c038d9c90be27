import { z } from 'zod'
import type { OperationKind, OperationRequests } from '../../domain/operations.ts'
import type { Placement, RetryPolicy, UndoPolicy } from '../../domain/run-plan.ts'
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

export interface StepContext extends CallContext, Providers {
  onboardingId: string
  now: Date
  /** How often a person asked for another try of this step. A step that waits for an approval takes the first as one. */
  retries: number
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

/** What of a step another one refers to when it needs it. */
export interface StepReference<Output = unknown> {
  readonly id: string
  readonly version: number
  readonly output: z.ZodType<Output>
}

interface StepBasics<Request> {
  /** Kebab case. It names the Temporal activity type, so it is what operators see. */
  id: string
  /** Raise it when a running onboarding must not run the new body. */
  version: number
  title: string
  /** Ids of steps that come first, where they are enabled and part of the plan, without their output being read. */
  after?: readonly string[]
  /** Ids of steps that wait for this one: it puts itself in front of them. */
  before?: readonly string[]
  optional?: boolean
  /** Whether a request has this step in its plan at all. A plan never has a step without the steps it needs. */
  appliesTo?(request: Request): boolean
  retry?: Partial<RetryPolicy>
  /** Longest time one attempt may take, in milliseconds. Default 10,000. */
  timeout?: number
  /** What cancelling does once this step is done. */
  undo: UndoPolicy
  /** What the step would do for this request. Must have no effect. */
  preview(providers: Providers, request: Request): Promise<StepPreview> | StepPreview
}

/** Touches only our own Postgres, inside the transaction it is given. */
interface TransactionalBody<Input, Output> {
  placement: 'transactional'
  execute(context: StepContext & InTransaction, input: Input): Promise<StepResult<Output>>
  compensate?(context: StepContext & InTransaction, input: Input, output: Output): Promise<void>
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
interface ExternalBody<Input, Output> extends AroundCall<Input, Output> {
  placement: 'external'
  execute(context: StepContext, input: Input): Promise<StepResult<Output>>
  compensate?(context: StepContext, input: Input, output: Output): Promise<void>
}

/** As transactional, or as external, as the billing adapter which the request chose. */
interface BillingBody<Input, Output> extends AroundCall<Input, Output> {
  placement: 'by-billing-adapter'
  execute(context: StepContext & Partial<InTransaction>, input: Input): Promise<StepResult<Output>>
  compensate?(context: StepContext & Partial<InTransaction>, input: Input, output: Output): Promise<void>
}

/** A step as the engine has it. Made by `defineStep`. */
interface StepParts<Input, Output> extends StepBasics<never> {
  /** The kinds of run that may have this step. */
  operations: readonly OperationKind[]
  needs: readonly StepReference[]
  /** All that the step reads: what it picks from the request, and the outputs of the steps it needs. */
  input: z.ZodType<Input>
  output: z.ZodType<Output>
  appliesTo?(request: OperationRequests[OperationKind]): boolean
  preview(providers: Providers, request: OperationRequests[OperationKind]): Promise<StepPreview> | StepPreview
}

export type TransactionalStep<Input = unknown, Output = unknown> = StepParts<Input, Output> &
  TransactionalBody<Input, Output>
export type ExternalStep<Input = unknown, Output = unknown> = StepParts<Input, Output> &
  ExternalBody<Input, Output>
export type BillingStep<Input = unknown, Output = unknown> = StepParts<Input, Output> &
  BillingBody<Input, Output>

export type Step<Input = unknown, Output = unknown> =
  | TransactionalStep<Input, Output>
  | ExternalStep<Input, Output>
  | BillingStep<Input, Output>

/** The outputs of all these steps, in one flat object. */
type OutputsOf<Needs extends readonly StepReference[]> = Needs extends readonly [
  StepReference<infer First>,
  ...infer Rest extends readonly StepReference[],
]
  ? First & OutputsOf<Rest>
  : unknown

/** What a step's body is given. */
type InputOf<Reads extends z.ZodObject, Needs extends readonly StepReference[]> = z.output<Reads> &
  OutputsOf<Needs>

type BodyOf<Input, Output> =
  | TransactionalBody<Input, Output>
  | ExternalBody<Input, Output>
  | BillingBody<Input, Output>

/** What `defineStep` is given. */
export type StepDeclaration<
  Kind extends OperationKind,
  Needs extends readonly StepReference[],
  Reads extends z.ZodObject,
  Output extends z.ZodObject,
> = StepBasics<OperationRequests[Kind]> & {
  /** The kind, or kinds, of run that have this step. Default: `add-account`. */
  operation?: Kind | readonly Kind[]
  /** The steps whose output this one reads: it gets them, typed, together with `input`. */
  needs?: Needs
  /**
   * What the step picks out of the request, with `parentId` and `organizationId` where there are such. Parsed before
   * each attempt; what does not parse needs attention, naming the fields.
   */
  input: Reads
  output: Output
} & BodyOf<InputOf<Reads, Needs>, z.output<Output>>

/**
 * Declares a step. What its body is given is inferred: the fields of `input`, and the outputs of the steps in `needs`.
 *
 * @example
 * const registerInCrm = defineStep({
 *   id: 'register-in-crm', version: 1, title: 'Register in the CRM',
 *   needs: [createOrganization],
 *   placement: 'external',
 *   input: z.object({ company: z.object({ name: z.string() }) }),
 *   output: z.object({ crmId: z.string() }),
 *   undo: 'keep',
 *   preview: () => ({ summary: 'Register the account in the CRM.' }),
 *   execute: async (_, { organizationId, company }) =>
 *     ({ output: { crmId: await crm.register(organizationId, company.name) } }),
 * })
 */
export function defineStep<
  const Needs extends readonly StepReference[],
  Reads extends z.ZodObject,
  Output extends z.ZodObject,
  Kind extends OperationKind = 'add-account',
>(declaration: StepDeclaration<Kind, Needs, Reads, Output>): Step<InputOf<Reads, Needs>, z.output<Output>> {
  const { needs = [], operation = 'add-account', ...rest } = declaration
  const operations = typeof operation === 'string' ? [operation] : operation
  const input = z.object(Object.assign({}, ...needs.map(shapeOf), declaration.input.shape))
  // The one place where the types that were inferred are let go of: the engine runs steps of every kind.
  return { ...rest, operations, needs, input } as unknown as Step<InputOf<Reads, Needs>, z.output<Output>>
}

function shapeOf({ id, output }: StepReference): z.ZodRawShape {
  if (output instanceof z.ZodObject) return output.shape
  throw new Error(`The output of step "${id}" is not an object schema, so no step can need it.`)
}

export type { Placement, RetryPolicy, UndoPolicy }
