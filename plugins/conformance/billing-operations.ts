import { randomUUID } from 'node:crypto'
import type {
  BillingAdapter,
  BillingCall,
  BillingPlan,
  BillingSubscription,
  IssuedInvoice,
} from '../plugin-contract.ts'
import { ensure } from './check.ts'
import { lastMonth } from './last-month.ts'

export const trial: BillingPlan = { kind: 'trial', licenses: 5, trialDays: 30 }
export const purchased: BillingPlan = { kind: 'purchased', licenses: 20 }
export const usage = { trial: 0, purchased: 3 }

/** Makes a call with this key, and answers what the adapter answered. */
export type Call = (adapter: BillingAdapter, call: BillingCall) => Promise<unknown>

/** How to make a call: outside a transaction, or each in one of its own. */
export type Calling = <Result>(
  adapter: BillingAdapter,
  key: string,
  body: (adapter: BillingAdapter, call: BillingCall) => Promise<Result>,
) => Promise<Result>

/** A call that has an effect. */
export interface Operation {
  name: string
  /** Whether `find` answers for it: ending a subscription answers nothing that could be found. */
  findable: boolean
  /** Arranges what the call is about, new each time, and answers the call. Undefined: this adapter has no such call. */
  prepare(adapter: BillingAdapter, calling: Calling): Promise<Call | undefined>
}

/** Every call of the contract that has an effect. */
export const operations: readonly Operation[] = [
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
    async prepare(adapter, calling) {
      const { organizationId, name } = newCustomer()
      const { externalId: customerExternalId } = await calling(adapter, newKey(), (on, call) =>
        on.ensureCustomer(call, { organizationId, name }),
      )
      const subscription = { organizationId, customerExternalId, plan: trial }
      return (on, call) => on.ensureSubscription(call, subscription)
    },
  },
  {
    name: 'changePlan',
    findable: true,
    async prepare(adapter, calling) {
      const subscription = await aSubscription(adapter, calling, trial)
      return (on, call) => on.changePlan(call, { subscription, from: trial, to: purchased })
    },
  },
  {
    name: 'reportUsage',
    findable: true,
    async prepare(adapter, calling) {
      const subscription = await aSubscription(adapter, calling, purchased)
      return (on, call) => on.reportUsage(call, { subscription, month: lastMonth(), usage })
    },
  },
  {
    name: 'creditInvoice',
    findable: true,
    async prepare(adapter, calling) {
      const billed = await anInvoice(adapter, calling)
      if (billed === undefined) return undefined
      const credit = { ...billed, amount: 1, reason: 'Conformance' }
      return async (on, call) => on.creditInvoice?.(call, credit)
    },
  },
  {
    name: 'cancel',
    findable: false,
    async prepare(adapter, calling) {
      const subscription = await aSubscription(adapter, calling, purchased)
      return (on, call) => on.cancel(call, subscription)
    },
  },
]

/** An account subscribed to this plan. */
export async function aSubscription(
  adapter: BillingAdapter,
  calling: Calling,
  plan: BillingPlan,
): Promise<BillingSubscription> {
  const { organizationId, name } = newCustomer()
  const customer = await calling(adapter, newKey(), (on, call) =>
    on.ensureCustomer(call, { organizationId, name }),
  )
  const customerExternalId = customer.externalId
  const { externalId } = await calling(adapter, newKey(), (on, call) =>
    on.ensureSubscription(call, { organizationId, customerExternalId, plan }),
  )
  return { organizationId, customerExternalId, externalId }
}

/** A billed account with the invoice, or undefined where the provider does not issue it at once or credits none. */
export async function anInvoice(
  adapter: BillingAdapter,
  calling: Calling,
): Promise<{ subscription: BillingSubscription; invoice: IssuedInvoice } | undefined> {
  if (adapter.creditInvoice === undefined) return undefined
  const subscription = await aSubscription(adapter, calling, purchased)
  const { invoice } = await calling(adapter, newKey(), (on, call) =>
    on.reportUsage(call, { subscription, month: lastMonth(), usage }),
  )
  return invoice === undefined ? undefined : { subscription, invoice }
}

/** The id in an answer. @throws Error when there is none. */
export function externalIdIn(answer: unknown, name: string): string {
  const id = (answer as { externalId?: unknown } | undefined)?.externalId
  ensure(typeof id === 'string' && id !== '', `${name} answers no externalId.`)
  return id
}

export function newKey(): string {
  return `onb_${randomUUID().replaceAll('-', '')}:conformance:1`
}

function newCustomer() {
  return { organizationId: `org_${randomUUID().replaceAll('-', '')}`, name: 'Conformance Inc.' }
}
