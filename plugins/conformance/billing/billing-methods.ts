import { randomUUID } from 'node:crypto'
import type {
  BillingAdapter,
  BillingCall,
  BillingPlan,
  BillingSubscription,
  IssuedInvoice,
} from '../../plugin-contract.ts'
import { ensure } from '../check.ts'

/** The plans and the usage of the checks. */
export const trial: BillingPlan = { kind: 'trial', licenses: 5, trialDays: 30 }
export const purchased: BillingPlan = { kind: 'purchased', licenses: 20 }
export const usage = { trial: 0, purchased: 3 }

/** Makes one call to the adapter and returns its answer. */
export type Call<Result = unknown> = (adapter: BillingAdapter, call: BillingCall) => Promise<Result>

/** Makes a call either outside of any transaction or in a transaction of its own. Default: with a new idempotency key. */
export type CallAdapter = <Result>(body: Call<Result>, key?: string) => Promise<Result>

/** A method of the contract that has an effect. */
export interface BillingMethod {
  name: string
  /** Whether `find` returns a result for its key. `updateCustomer` and `cancel` have no result. */
  findable: boolean
  /** Creates the objects that the call needs, new each time. Returns the call, or undefined when the adapter has no such call. */
  prepare(callAdapter: CallAdapter, adapter: BillingAdapter): Promise<Call | undefined>
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
    name: 'updateCustomer',
    findable: false,
    async prepare(callAdapter) {
      const customer = { ...(await storedCustomer(callAdapter)), name: 'Conformance Limited' }
      return (target, call) => target.updateCustomer(call, customer)
    },
  },
  {
    name: 'ensureSubscription',
    findable: true,
    async prepare(callAdapter) {
      const subscription = { ...(await storedCustomer(callAdapter)), plan: trial }
      return (target, call) => target.ensureSubscription(call, subscription)
    },
  },
  {
    name: 'changePlan',
    findable: true,
    async prepare(callAdapter) {
      const subscription = await newSubscription(callAdapter, trial)
      return (target, call) => target.changePlan(call, { subscription, from: trial, to: purchased })
    },
  },
  {
    name: 'reportUsage',
    findable: true,
    async prepare(callAdapter) {
      const subscription = await newSubscription(callAdapter, purchased)
      return (target, call) =>
        target.reportUsage(call, { subscription, month: lastMonth(), usage, converted: 0 })
    },
  },
  {
    name: 'creditInvoice',
    findable: true,
    async prepare(callAdapter, adapter) {
      const billed = await newInvoice(callAdapter, adapter)
      if (billed === undefined) return undefined
      const credit = { ...billed, amount: 1, reason: 'Conformance' }
      return async (target, call) => target.creditInvoice?.(call, credit)
    },
  },
  {
    name: 'cancel',
    findable: false,
    async prepare(callAdapter) {
      const subscription = await newSubscription(callAdapter, purchased)
      return (target, call) => target.cancel(call, subscription)
    },
  },
]

/** Creates a customer and subscribes it to the plan. */
export async function newSubscription(
  callAdapter: CallAdapter,
  plan: BillingPlan,
): Promise<BillingSubscription> {
  const customer = await storedCustomer(callAdapter)
  const { externalId } = await callAdapter((adapter, call) =>
    adapter.ensureSubscription(call, { ...customer, plan }),
  )
  return { ...customer, externalId }
}

async function storedCustomer(callAdapter: CallAdapter) {
  const customer = newCustomer()
  const { externalId } = await callAdapter((adapter, call) => adapter.ensureCustomer(call, customer))
  return { organizationId: customer.organizationId, customerExternalId: externalId }
}

/** Bills a new account. Returns undefined when the provider cannot credit invoices, or does not issue them at once. */
export async function newInvoice(
  callAdapter: CallAdapter,
  { creditInvoice }: BillingAdapter,
): Promise<{ subscription: BillingSubscription; invoice: IssuedInvoice } | undefined> {
  if (creditInvoice === undefined) return undefined
  const subscription = await newSubscription(callAdapter, purchased)
  const { invoice } = await callAdapter((adapter, call) =>
    adapter.reportUsage(call, { subscription, month: lastMonth(), usage, converted: 0 }),
  )
  return invoice === undefined ? undefined : { subscription, invoice }
}

/** Returns the `externalId` of an answer. @throws Error when the answer has none. */
export function externalIdIn(answer: unknown, name: string): string {
  const id = (answer as { externalId?: unknown } | undefined)?.externalId
  ensure(typeof id === 'string' && id !== '', `${name} returned no externalId.`)
  return id
}

/** The previous calendar month in UTC, `YYYY-MM`. Usage is reported for a month that has ended. */
export function lastMonth(): string {
  const now = new Date()
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1)).toISOString().slice(0, 7)
}

/** A new idempotency key. */
export function newKey(): string {
  return `onb_${randomUUID().replaceAll('-', '')}:conformance:1`
}

function newCustomer() {
  return { organizationId: `org_${randomUUID().replaceAll('-', '')}`, name: 'Conformance Inc.' }
}
