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

/** The values that the step journal can store: no dates, no functions. */
type Json = string | number | boolean | null | undefined | readonly Json[] | { readonly [key: string]: Json }

/** One object type with all the fields, so that an editor shows them. */
type Flat<Fields> = { [Name in keyof Fields]: Fields[Name] }

/** The outputs of all these steps, in one flat object. */
type OutputsOf<Needs extends readonly StepReference[]> = Needs extends readonly [
  StepReference<infer First>,
  ...infer Rest extends readonly StepReference[],
]
  ? First & OutputsOf<Rest>
  : unknown

/** The input of a step's body: the fields of `input`, and the outputs of the steps in `needs` and `reads`. */
export type InputOf<
  Fields extends z.ZodObject,
  Needs extends readonly StepReference[],
  Reads extends readonly StepReference[] = [],
> = Flat<
  // An object schema without fields stands for an object that may have none, which would forbid the others.
  (keyof Fields['shape'] extends never ? unknown : z.output<Fields>) &
    OutputsOf<Needs> &
    Partial<OutputsOf<Reads>>
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

/** The declaration of a step, for `defineStep`. */
export type StepDeclaration<
  Kind extends RunKind,
  Where extends keyof Bodies<never, never>,
  Needs extends readonly StepReference[],
  Reads extends readonly StepReference[],
  Fields extends z.ZodObject,
  Output extends z.ZodObject,
> = StepBasics<RunRequests[Kind]> & {
  /**
   * The kind, or kinds, of run that may have the step. It types the request of `preview` and `appliesTo`.
   * Default: `add-account`.
   */
  operation?: Kind | readonly Kind[]
  /**
   * Where the step has its effect. `transactional`: only in our own Postgres. `external`: at a provider. `by-billing-adapter`:
   * where the billing adapter of the request has it.
   */
  placement: Where
  /**
   * The steps, of the same kinds of run, whose output this step reads. They run before it, and their outputs are part of its typed
   * input. An `optional` step cannot be needed. If two of them have a field with the same name, no process starts. Default: none.
   */
  needs?: Needs & OfKind<Kind, Needs>
  /**
   * The steps whose output this step reads if its run has them and they are done or undone. Their outputs are optional fields of
   * its input. It decides no order: name each in `after`, or let it name this step in its own `after`; then only `compensate` gets
   * its output. The rules of field names are those of `needs`. Default: none.
   */
  reads?: Reads
  /**
   * The fields that the step reads from the request, and `parentId`. It gets no other field than these and the outputs of the steps
   * in `needs` and `reads`. It is parsed before each attempt. If it does not parse, the step needs attention, and the error names
   * the fields. If no run can have a required field, no process starts.
   * Conformance: "a refused input is a StepError without personal data, and has no effect".
   */
  input: Fields
  /**
   * The result of the step, as JSON: times are RFC 3339 text. Other fields are dropped. The API shows it, so it must not contain
   * secrets. A field with the name of a field of the request, or `parentId`, stops the start.
   * Conformance: "the output can be stored as JSON in the step journal, and parsed again".
   */
  output: Output
} & Bodies<InputOf<Fields, Needs, Reads>, z.output<Output>>[Where]

/**
 * Declares a step. The type of its input is inferred from the fields of `input` and the outputs of the steps in `needs` and
 * `reads`. The `placement` decides whether it gets a `transaction`. `stepChecks` tests a step. The start of a process checks the
 * declaration.
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
 *   // `organizationId` is an output of the step in `needs`, `company` is a field of the request.
 *   execute: async (_, { organizationId, company }) => ({ output: { crmId: `${company.name}/${organizationId}` } }),
 * })
 * ```
 */
export function defineStep<
  Where extends keyof Bodies<never, never>,
  const Needs extends readonly StepReference[],
  Fields extends z.ZodObject,
  Output extends z.ZodObject<Readonly<Record<string, z.ZodType<Json>>>>,
  Kind extends RunKind = 'add-account',
  const Reads extends readonly StepReference[] = [],
>(
  declaration: StepDeclaration<Kind, Where, Needs, Reads, Fields, Output>,
): Steps<InputOf<Fields, Needs, Reads>, z.output<Output>, Kind>[Where] {
  const { needs = [], reads = [], operation = 'add-account', ...rest } = declaration
  const operations = typeof operation === 'string' ? [operation] : operation
  // The only cast of this inference: the parts are those of the declaration, under the same names.
  return { ...rest, operations, needs, reads, input: inputOf(declaration.input, needs, reads) } as never
}

/** @returns `fields` as it is if the declaration is wrong. The start of a process then says what is wrong. */
function inputOf(
  fields: z.ZodObject,
  needs: readonly StepReference[],
  reads: readonly StepReference[],
): z.ZodObject {
  if (!(fields instanceof z.ZodObject) || !Array.isArray(needs) || !Array.isArray(reads)) return fields
  const outputs = Object.assign({}, ...needs.map(shapeOf), ...reads.map(optionalShapeOf))
  // A step gets some fields that it does not read, so its input is never strict.
  return fields.safeExtend({ ...outputs, ...fields.shape }).strip()
}

function shapeOf(step: Partial<StepReference> | null | undefined): z.ZodRawShape {
  return step?.output instanceof z.ZodObject ? step.output.shape : {}
}

function optionalShapeOf(step: StepReference): z.ZodRawShape {
  return Object.fromEntries(
    Object.entries(shapeOf(step)).map(([name, schema]) => [name, z.exactOptional(schema)]),
  )
}
