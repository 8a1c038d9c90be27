import { z } from 'zod'
import type { RunKind, RunRequests } from '../../domain/runs/run-requests.ts'
import type {
  BillingBody,
  BillingStep,
  ExternalBody,
  ExternalStep,
  StepBasics,
  StepReference,
  TransactionalBody,
  TransactionalStep,
} from './step.ts'

/** What the step journal can keep, and give back as it was: no dates, no functions. */
type Json = string | number | boolean | null | undefined | readonly Json[] | { readonly [key: string]: Json }

/** One object type with all the fields, which is what an editor shows. */
type Flat<Fields> = { [Name in keyof Fields]: Fields[Name] }

/** The outputs of all these steps, in one flat object. */
type OutputsOf<Needs extends readonly StepReference[]> = Needs extends readonly [
  StepReference<infer First>,
  ...infer Rest extends readonly StepReference[],
]
  ? First & OutputsOf<Rest>
  : unknown

/** What a step's body is given: the fields of `input`, and the outputs of the steps in `needs`. */
export type InputOf<Reads extends z.ZodObject, Needs extends readonly StepReference[]> = Flat<
  // An object schema without fields stands for an object that may have none, which would forbid the others.
  (keyof Reads['shape'] extends never ? unknown : z.output<Reads>) & OutputsOf<Needs>
>

/** Refuses needs that no run of these kinds has. */
type OfKind<Kind extends RunKind, Needs extends readonly StepReference[]> = Needs extends readonly []
  ? unknown
  : [Kind] extends [Needs[number]['operations'][number]]
    ? unknown
    : never

interface Bodies<Input, Output> {
  transactional: TransactionalBody<Input, Output>
  external: ExternalBody<Input, Output>
  'by-billing-adapter': BillingBody<Input, Output>
}

interface Steps<Input, Output, Kind extends RunKind> {
  transactional: TransactionalStep<Input, Output, Kind>
  external: ExternalStep<Input, Output, Kind>
  'by-billing-adapter': BillingStep<Input, Output, Kind>
}

/** What `defineStep` is given. */
export type StepDeclaration<
  Kind extends RunKind,
  Where extends keyof Bodies<never, never>,
  Needs extends readonly StepReference[],
  Reads extends z.ZodObject,
  Output extends z.ZodObject,
> = StepBasics<RunRequests[Kind]> & {
  /**
   * The kind, or kinds, of run that may have the step. It types the request of `preview` and `appliesTo`.
   * Default: `add-account`.
   */
  operation?: Kind | readonly Kind[]
  /**
   * What the step changes. `transactional`: our own Postgres only. `external`: something of somebody else.
   * `by-billing-adapter`: whatever the billing adapter of the request changes.
   */
  placement: Where
  /**
   * The steps, of the same kinds of run, whose output this one reads: it gets them, typed, together with `input`. They come
   * before it. A step that is `optional` can't be needed. Default: none.
   */
  needs?: Needs & OfKind<Kind, Needs>
  /**
   * What the step picks out of the request, with `parentId` and `organizationId` where there are such. Parsed before
   * each attempt; what does not parse needs attention, naming the fields.
   * Conformance: "an input that the step refuses is a StepError without personal data, and has no effect".
   */
  input: Reads
  /**
   * What the step answers, as JSON can hold it: times are RFC 3339 text. What is not named here is left out. The API shows it,
   * so it holds no secrets.
   * Conformance: "the output survives JSON and parses again, as undoing and later steps read it from the ledger".
   */
  output: Output
} & Bodies<InputOf<Reads, Needs>, z.output<Output>>[Where]

/**
 * Declares a step. What its body is given is inferred: the fields of `input`, and the outputs of the steps in `needs`.
 * What `placement` says decides whether it gets a `transaction`. `stepChecks` checks it.
 *
 * @example
 * ```ts
 * import { defineStep } from 'tenantry'
 * import { createOrganization } from 'tenantry/accounts'
 * import { z } from 'zod'
 *
 * export const registerInCrm = defineStep({
 *   id: 'register-in-crm',
 *   version: 1,
 *   title: 'Register the account in the CRM',
 *   needs: [createOrganization],
 *   placement: 'external',
 *   input: z.object({ company: z.object({ name: z.string() }) }),
 *   output: z.object({ crmId: z.string() }),
 *   undo: 'keep',
 *   preview: (_, { company }) => ({ summary: `Register “${company.name}” in the CRM.` }),
 *   // `organizationId` is the output of the step it needs, `company` is picked from the request.
 *   execute: async (_, { organizationId, company }) => ({ output: { crmId: `${company.name}/${organizationId}` } }),
 * })
 * ```
 *
 * @throws Error when a step in `needs` has an output that is not an object schema.
 */
export function defineStep<
  Where extends keyof Bodies<never, never>,
  const Needs extends readonly StepReference[],
  Reads extends z.ZodObject,
  Output extends z.ZodObject<Readonly<Record<string, z.ZodType<Json>>>>,
  Kind extends RunKind = 'add-account',
>(
  declaration: StepDeclaration<Kind, Where, Needs, Reads, Output>,
): Steps<InputOf<Reads, Needs>, z.output<Output>, Kind>[Where] {
  const { needs = [], operation = 'add-account', ...rest } = declaration
  const operations = typeof operation === 'string' ? [operation] : operation
  // The step is given everything that is known of a run, and picks: so no input is strict.
  const input = declaration.input
    .safeExtend(Object.assign({}, ...needs.map(shapeOf), declaration.input.shape))
    .strip()
  // The one place where what was inferred is taken on trust: the parts are the declaration's own, under the same names.
  return { ...rest, operations, needs, input } as never
}

function shapeOf({ id, output }: StepReference): z.ZodRawShape {
  if (output instanceof z.ZodObject) return output.shape
  throw new Error(`The output of step "${id}" is not an object schema, so no step can need it.`)
}
