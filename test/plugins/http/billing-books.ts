import { randomUUID } from 'node:crypto'

/** A refusal of the provider: the status and the problem of its answer. */
export class Refused extends Error {
  readonly status: number
  readonly problem: object
  constructor(status: number, problem: object) {
    super(`refused with ${status}`)
    this.status = status
    this.problem = problem
  }
}

interface Subscription {
  organizationId: string
  customerExternalId: string
  plan: { kind: string }
  cancelled: boolean
  createdAt: string
}
interface Invoice {
  externalId: string
  currency: string
  total: number
  credited: number
}
/** The fields of a call's data that any of the operations reads. */
export interface CallData {
  organizationId: string
  name: string
  customerExternalId: string
  plan: { kind: string }
  subscription: { externalId: string; organizationId: string }
  to: { kind: string }
  month: string
  usage: { trial: number; purchased: number }
  invoice: { externalId: string }
  amount: number
  externalId: string | undefined
  after: string | undefined
  limit: number
}

const pricePerLicense = 700

/** The state of the test's billing provider: its records, and the answer to each idempotency key. */
export function openBooks() {
  const customers = new Map<string, { organizationId: string; name: string }>()
  const subscriptions = new Map<string, Subscription>()
  const usage = new Map<string, { trial: number; purchased: number }>()
  const invoices = new Map<string, Invoice>()
  const reported: { subscription: string; month: string }[] = []
  const answered = new Map<string, object>()
  let effects = 0
  let renamings = 0
  const forgotten = new Set<string>()

  const subscriptionOf = (data: CallData): Subscription => {
    const subscription = subscriptions.get(data.subscription.externalId)
    if (subscription === undefined) throw new Refused(404, { code: 'subscription_unknown' })
    return subscription
  }
  const listed = ({ externalId, after, limit }: CallData) => {
    const all = [...subscriptions].map(
      ([id, { cancelled, organizationId, customerExternalId, createdAt }]) => {
        const status = cancelled ? 'ended' : 'open'
        return { externalId: id, organizationId, customerExternalId, status, createdAt }
      },
    )
    if (externalId !== undefined)
      return { subscriptions: all.filter((subscription) => subscription.externalId === externalId) }
    const left = all
      .filter(({ status, externalId: id }) => status === 'open' && (after === undefined || id > after))
      .toSorted((one, other) => (one.externalId < other.externalId ? -1 : 1))
    const page = left.slice(0, limit)
    return { subscriptions: page, ...(left.length > limit ? { next: page.at(-1)?.externalId } : {}) }
  }
  const numbered = (kind: string, line: object, total: number, more: object) => ({
    externalId: `in_${randomUUID()}`,
    kind,
    number: `A-${invoices.size + 1}`,
    currency: 'USD',
    lines: [line],
    total,
    issuedAt: new Date().toISOString(),
    ...more,
  })

  const effectsOf: Record<string, (data: CallData) => object> = {
    ensureCustomer({ organizationId, name }) {
      if (name === '')
        throw new Refused(422, {
          code: 'name_missing',
          detail: 'A customer needs a name.',
          errors: [{ pointer: '/name', message: 'Must not be empty.' }],
        })
      const externalId = `cus_${randomUUID()}`
      customers.set(externalId, { organizationId, name })
      return { externalId }
    },
    updateCustomer({ customerExternalId, name }) {
      const customer = customers.get(customerExternalId)
      if (customer === undefined) throw new Refused(422, { code: 'customer_unknown' })
      customer.name = name
      renamings += 1
      return {}
    },
    ensureSubscription({ customerExternalId, organizationId, plan }) {
      if (!customers.has(customerExternalId)) throw new Refused(422, { code: 'customer_unknown' })
      const externalId = `sub_${randomUUID()}`
      const createdAt = new Date().toISOString()
      subscriptions.set(externalId, { organizationId, customerExternalId, plan, cancelled: false, createdAt })
      return { externalId }
    },
    changePlan(data) {
      subscriptionOf(data).plan = data.to
      return { externalId: data.subscription.externalId }
    },
    reportUsage(data) {
      subscriptionOf(data)
      const { month, usage: used } = data
      reported.push({ subscription: data.subscription.externalId, month })
      const subscriptionMonth = `${data.subscription.externalId} ${month}`
      const earlier = usage.get(subscriptionMonth) ?? { trial: 0, purchased: 0 }
      usage.set(subscriptionMonth, {
        trial: earlier.trial + used.trial,
        purchased: earlier.purchased + used.purchased,
      })
      const amount = used.purchased * pricePerLicense
      const line = { description: 'Licenses', quantity: used.purchased, unitAmount: pricePerLicense, amount }
      const invoice = numbered('invoice', line, amount, { month })
      invoices.set(invoice.externalId, { ...invoice, credited: 0 })
      return { externalId: `use_${randomUUID()}`, invoice }
    },
    creditInvoice(data) {
      const { amount } = data
      const invoice = invoices.get(data.invoice.externalId)
      if (invoice === undefined) throw new Refused(404, { code: 'invoice_unknown' })
      if (invoice.credited + amount > invoice.total)
        throw new Refused(422, {
          code: 'credit_too_high',
          errors: [{ pointer: '/amount', message: 'Is more than what is left of the invoice.' }],
        })
      invoice.credited += amount
      const line = { description: 'Credit', quantity: 1, unitAmount: -amount, amount: -amount }
      const creditNote = numbered('credit_note', line, -amount, { corrects: invoice.externalId })
      invoices.set(creditNote.externalId, { ...creditNote, credited: 0 })
      return { externalId: creditNote.externalId, creditNote }
    },
    cancel(data) {
      subscriptionOf(data).cancelled = true
      return {}
    },
  }

  return {
    /** The number of calls that had an effect. */
    effects: () => effects,
    /** The number of names that customers got after their first one. */
    renamings: () => renamings,
    /** The present name of a customer. */
    nameOf: (customerExternalId: string) => customers.get(customerExternalId)?.name,
    /** The number of open subscriptions. @param kind only plans of this kind. */
    running: (kind?: string) =>
      [...subscriptions.values()].filter(
        ({ cancelled, plan }) => !cancelled && (kind === undefined || plan.kind === kind),
      ).length,
    /** The number of months of subscriptions with reported usage. */
    billed: () => usage.size,
    /** The reports of usage that had an effect, in order. */
    reported: () => [...reported],
    /** The open subscriptions of an organization. */
    runningOf: (organizationId: string) =>
      [...subscriptions]
        .filter(
          ([, subscription]) => subscription.organizationId === organizationId && !subscription.cancelled,
        )
        .map(([externalId, { plan }]) => ({ externalId, kind: plan.kind })),
    /** The present name of the customer of a subscription. */
    customerNameOf: (externalId: string) =>
      customers.get(subscriptions.get(externalId)?.customerExternalId ?? '')?.name,
    /** The number of subscriptions, the ended ones included. */
    opened: () => subscriptions.size,
    /** The number of subscriptions of an organization, the ended ones included. */
    openedFor: (organizationId: string) =>
      [...subscriptions.values()].filter((subscription) => subscription.organizationId === organizationId)
        .length,
    /** Makes the provider carry out a call with a key of before again. `find` still answers. */
    forgetKeys() {
      for (const key of answered.keys()) forgotten.add(key)
    },
    /** Carries out a call, once for each key. @throws Refused */
    answer(operation: string, key: string, data: CallData): object {
      if (operation === 'check') return {}
      if (operation === 'find') return answered.get(key) ?? refuseNotFound()
      if (operation === 'listSubscriptions') return listed(data)
      if (operation === 'readUsage') {
        return { usage: usage.get(`${data.subscription.externalId} ${data.month}`) ?? refuseNotFound() }
      }
      const before = answered.get(key)
      if (before !== undefined && !forgotten.delete(key)) return before
      const effect = effectsOf[operation]
      if (effect === undefined) throw new Refused(400, { code: 'operation_unknown' })
      const isEnded = operation === 'cancel' && subscriptionOf(data).cancelled
      const answer = effect(data)
      if (!isEnded) effects += 1
      answered.set(key, answer)
      return answer
    },
  }
}

function refuseNotFound(): never {
  throw new Refused(404, {})
}
