import { randomUUID } from 'node:crypto'
import type {
  BillingAdapter,
  BillingCall,
  BillingPlan,
  BillingSubscription,
  IssuedInvoice,
} from '../../plugin-contract.ts'
import { ensure } from '../check.ts'
import { lastMonth } from './last-month.ts'

/** The plans and the usage of the checks. */
export const trial: BillingPlan = { kind: 'trial', licenses: 5, trialDays: 30 }
export const purchased: BillingPlan = { kind: 'purchased', licenses: 20 }
export const usage = { trial: 0, purchased: 3 }

/** Makes one call to the adapter and returns its answer. */
export type Call = (adapter: BillingAdapter, call: BillingCall) => Promise<unknown>

/** Makes a call with an idempotency key, either outside of any transaction or in a transaction of its own. */
export type CallAdapter = <Result>(
  adapter: BillingAdapter,
  key: string,
  body: (adapter: BillingAdapter, call: BillingCall) => Promise<Result>,
) => Promise<Result>

/** A method of the contract that has an effect. */
export interface BillingMethod {
  name: string
  /** Whether `find` returns a result for its key. `cancel` has no result. */
  findable: boolean
  /** Creates the objects that the call needs, new each time. Returns the call, or undefined when the adapter has no such call. */
  prepare(adapter: BillingAdapter, callAdapter: CallAdapter): Promise<Call | undefined>
}

/** Every method of the contract that has an effect. */
export const billingMethods: readonly BillingMethod[] = [
  {
    name: 'ensureCustomer',
    findable: true,
    prepare: async () => {
      const customer = newCustomer()
      return (adapter, call) => adapter.ensureCustomer(call, customer)
    },
  },
  {
    name: 'ensureSubscription',
    findable: true,
    async prepare(adapter, callAdapter) {
      const { organizationId, name } = newCustomer()
      const { externalId: customerExternalId } = await callAdapter(adapter, newKey(), (target, call) =>
        target.ensureCustomer(call, { organizationId, name }),
      )
      const subscription = { organizationId, customerExternalId, plan: trial }
      return (target, call) => target.ensureSubscription(call, subscription)
    },
  },
  {
    name: 'changePlan',
    findable: true,
    async prepare(adapter, callAdapter) {
      const subscription = await newSubscription(adapter, callAdapter, trial)
      return (target, call) => target.changePlan(call, { subscription, from: trial, to: purchased })
    },
  },
  {
    name: 'reportUsage',
    findable: true,
    async prepare(adapter, callAdapter) {
      const subscription = await newSubscription(adapter, callAdapter, purchased)
      return (target, call) => target.reportUsage(call, { subscription, month: lastMonth(), usage })
    },
  },
  {
    name: 'creditInvoice',
    findable: true,
    async prepare(adapter, callAdapter) {
      const billed = await newInvoice(adapter, callAdapter)
      if (billed === undefined) return undefined
      const credit = { ...billed, amount: 1, reason: 'Conformance' }
      return async (target, call) => target.creditInvoice?.(call, credit)
    },
  },
  {
    name: 'cancel',
    findable: false,
    async prepare(adapter, callAdapter) {
      const subscription = await newSubscription(adapter, callAdapter, purchased)
      return (target, call) => target.cancel(call, subscription)
    },
  },
]

/** Creates a customer and subscribes it to the plan. */
export async function newSubscription(
  adapter: BillingAdapter,
  callAdapter: CallAdapter,
  plan: BillingPlan,
): Promise<BillingSubscription> {
  const { organizationId, name } = newCustomer()
  const customer = await callAdapter(adapter, newKey(), (target, call) =>
    target.ensureCustomer(call, { organizationId, name }),
  )
  const customerExternalId = customer.externalId
  const { externalId } = await callAdapter(adapter, newKey(), (target, call) =>
    target.ensureSubscription(call, { organizationId, customerExternalId, plan }),
  )
  return { organizationId, customerExternalId, externalId }
}

/** Bills a new account. Returns undefined when the provider cannot credit invoices, or does not issue them at once. */
export async function newInvoice(
  adapter: BillingAdapter,
  callAdapter: CallAdapter,
): Promise<{ subscription: BillingSubscription; invoice: IssuedInvoice } | undefined> {
  if (adapter.creditInvoice === undefined) return undefined
  const subscription = await newSubscription(adapter, callAdapter, purchased)
  const { invoice } = await callAdapter(adapter, newKey(), (target, call) =>
    target.reportUsage(call, { subscription, month: lastMonth(), usage }),
  )
  return invoice === undefined ? undefined : { subscription, invoice }
}

/** Returns the `externalId` of an answer. @throws Error when the answer has none. */
export function externalIdIn(answer: unknown, name: string): string {
  const id = (answer as { externalId?: unknown } | undefined)?.externalId
  ensure(typeof id === 'string' && id !== '', `${name} returned no externalId.`)
  return id
}

/** A new idempotency key. */
export function newKey(): string {
  return `onb_${randomUUID().replaceAll('-', '')}:conformance:1`
}

function newCustomer() {
  return { organizationId: `org_${randomUUID().replaceAll('-', '')}`, name: 'Conformance Inc.' }
}
