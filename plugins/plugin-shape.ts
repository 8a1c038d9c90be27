import type { RunKind } from '../domain/runs/run-requests.ts'
import { requestFields } from '../domain/runs/request-fields.ts'
import { z } from 'zod'
import type { BillingAdapter, Notifier, Plugin, RetryPolicy, Step, StepReference } from './plugin-contract.ts'
import type { Fault } from './faults.ts'

/** What a member must be, and the sentence that says so. */
type Rule = [z.ZodType, string]
type Rules<Member extends PropertyKey> = Record<Member, Rule>

const method = z.custom((value) => typeof value === 'function')
const required: Rule = [method, 'Make it a function, as the contract says.']
const maybe: Rule = [method.optional(), 'Make it a function, or leave it out.']
const kebabCase = z.string().regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/)
const name = (example: string): Rule => [
  kebabCase,
  `Give it a name in kebab case, such as \`${example}\`, which never changes.`,
]
const milliseconds = z.number().positive()
const objectSchema = z.custom((value) => value instanceof z.ZodObject)
const objects = z.array(z.looseObject({})).optional()
const kinds = z.array(z.enum(Object.keys(requestFields) as RunKind[])).min(1)
const ids = z.array(z.string()).optional()

const reference = z.object({
  id: z.string(),
  version: z.int(),
  operations: kinds,
  output: objectSchema,
} satisfies Record<keyof StepReference, z.ZodType>)
const references: Rule = [
  z.array(reference),
  'List the steps themselves, or `{ id, version, operations, output }` of each, with an object schema as `output`.',
]

const pluginRules = {
  name: [z.string().trim().min(1), 'Give it a short name, such as `crm`.'],
  steps: [objects, 'Make it a list of steps, each made by `defineStep`.'],
  retired: [objects, 'Make it a list of steps, each made by `defineStep`.'],
  billing: [objects, 'Make it a list of billing adapters.'],
  notifiers: [objects, 'Make it a list of notifiers.'],
  close: maybe,
} satisfies Rules<keyof Plugin>

type StepMember = keyof Step | 'lookup' | 'record' | 'unrecord'

const retry = z.object({
  initialInterval: milliseconds,
  backoffCoefficient: z.number().min(1),
  maximumInterval: milliseconds,
  maximumAttempts: z.int().positive(),
} satisfies Record<keyof RetryPolicy, z.ZodType>)

const stepRules = {
  id: name('register-in-crm'),
  version: [z.int().positive(), 'Set it to a whole number, from 1.'],
  title: [z.string().trim().min(1), 'Give it a few words in the imperative, which people see.'],
  operations: [kinds, `Set \`operation\` to one or more of ${Object.keys(requestFields).join(', ')}.`],
  needs: references,
  reads: references,
  after: [ids, 'Make it a list of the ids of steps.'],
  before: [ids, 'Make it a list of the ids of steps.'],
  optional: [z.boolean().optional(), 'Set it to true or false, or leave it out.'],
  readOnly: [z.literal(true).optional(), 'Set it to true, or leave it out.'],
  appliesTo: maybe,
  carries: [
    z.record(z.string(), z.array(z.string())).optional(),
    'Make it lists of the ids of steps, by the JSON pointers of fields.',
  ],
  placement: [
    z.enum(['transactional', 'external', 'by-billing-adapter']),
    'Set it to `transactional`, `external` or `by-billing-adapter`.',
  ],
  input: [objectSchema, 'Set it to an object schema of zod 4.'],
  output: [objectSchema, 'Set it to an object schema of zod 4.'],
  retry: [
    retry.partial().optional(),
    'Set its intervals to milliseconds above 0, its coefficient to 1 or more, and its attempts to a whole number from 1.',
  ],
  timeout: [milliseconds.optional(), 'Set it to milliseconds above 0, or leave it out.'],
  undo: [z.enum(['undo', 'keep', 'ask']), 'Set it to `undo`, `keep` or `ask`.'],
  preview: required,
  execute: required,
  compensate: maybe,
  lookup: maybe,
  record: maybe,
  unrecord: maybe,
} satisfies Rules<StepMember>

const adapterRules = {
  id: name('stripe'),
  capabilities: [z.object({ transactional: z.boolean() }), 'Set it to `{ transactional: true }` or `false`.'],
  check: required,
  preview: required,
  ensureCustomer: required,
  updateCustomer: required,
  ensureSubscription: required,
  changePlan: required,
  reportUsage: required,
  readUsage: required,
  creditInvoice: maybe,
  cancel: required,
  listSubscriptions: maybe,
  find: required,
  parseWebhook: maybe,
} satisfies Rules<keyof BillingAdapter>

const notifierRules = {
  id: name('smtp'),
  check: required,
  sendInvitation: required,
  sendPasswordReset: required,
  sendTrialReminder: required,
  parseDeliveryReports: maybe,
} satisfies Rules<keyof Notifier>

type Members = Readonly<Record<string, unknown>>

/** Finds the members of plug-ins that are missing or of a wrong type. Node strips types, so plug-ins may have any shape. */
export function shapeFaults(plugins: unknown): Fault[] {
  if (!Array.isArray(plugins)) return [noList]
  return plugins.flatMap((plugin: unknown, index) => {
    if (!isObject(plugin)) return [noPlugin(index)]
    const label = `The plug-in ${labelOf(plugin.name, index)}`
    const faults = memberFaults(label, plugin, pluginRules)
    if (faults.length > 0) return faults
    const of = (noun: string, items: unknown, check: (label: string, item: Members) => Fault[]) =>
      ((items as Members[] | undefined) ?? []).flatMap((item, place) =>
        check(`The ${noun} ${labelOf(item.id, place)} of the plug-in ${labelOf(plugin.name, index)}`, item),
      )
    return [
      ...of('step', plugin.steps, stepFaults),
      ...of('retired step', plugin.retired, stepFaults),
      ...of('billing adapter', plugin.billing, (its, item) => memberFaults(its, item, adapterRules)),
      ...of('notifier', plugin.notifiers, (its, item) => memberFaults(its, item, notifierRules)),
    ]
  })
}

function stepFaults(label: string, step: Members): Fault[] {
  const faults = memberFaults(label, step, stepRules)
  if (step.undo !== 'keep' && stepRules.undo[0].safeParse(step.undo).success && step.compensate === undefined)
    faults.push({
      message: `${label} has \`undo: '${String(step.undo)}'\` and no \`compensate\`, so a cancel cannot undo it.`,
      nextAction: "Add `compensate`, or set `undo: 'keep'`.",
    })
  return faults
}

function memberFaults(label: string, value: Members, rules: Readonly<Record<string, Rule>>): Fault[] {
  return Object.entries(rules).flatMap(([member, [schema, rule]]) =>
    schema.safeParse(value[member]).success
      ? []
      : [{ message: `${label} has ${described(member, value[member])}.`, nextAction: rule }],
  )
}

function described(member: string, value: unknown): string {
  if (value === undefined) return `no \`${member}\``
  const shown = typeof value === 'number' || typeof value === 'string' ? `: ${JSON.stringify(value)}` : ''
  return `a wrong \`${member}\`${shown}`
}

function labelOf(its: unknown, index: number): string {
  return typeof its === 'string' && its !== '' ? JSON.stringify(its) : `number ${index + 1}`
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null
}

const noList: Fault = {
  message: 'The configuration has no list `plugins`.',
  nextAction: 'List the plug-ins of the deployment there, each made by `definePlugin`.',
}

function noPlugin(index: number): Fault {
  return {
    message: `Number ${index + 1} of \`plugins\` is not a plug-in.`,
    nextAction: 'List the result of `definePlugin` there. A plug-in with settings is a function: call it.',
  }
}
