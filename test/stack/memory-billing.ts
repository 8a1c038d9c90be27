import { setTimeout as delay } from 'node:timers/promises'
import {
  type BillingAdapter,
  type BillingCall,
  type BillingCustomer,
  type BillingUsage,
  definePlugin,
  type IssuedInvoice,
  type Plugin,
  StepError,
  type UsageReport,
} from '../../plugins/plugin-contract.ts'

interface Subscription {
  organizationId: string
  plan: string
  status: 'open' | 'cancelled'
  customerExternalId: string
  createdAt: Date
}

/** The records and the behaviour of a billing provider in memory. */
export interface MemoryProvider {
  subscriptions: Map<string, Subscription>
  /** The sum of the reports, by subscription and month. */
  usage: Map<string, BillingUsage>
  /** Each report of usage that had an effect, in order. */
  reports: UsageReport[]
  /** The names of the customers, by the id of the organization. */
  names: Map<string, string>
  /** Waits before a name has its effect. Default: does not wait. */
  beforeName(name: string): Promise<void>
  /** A name that the provider refuses. */
  refusedName: string | undefined
  /** The plan changes that had an effect, in order. */
  planChanges: { organizationId: string; licenses: number | undefined }[]
  /** The organizations whose calls fail, as if the provider were down. */
  downFor: Set<string>
  /** The usage that is refused for good: of an organization, or of a subscription and month. */
  refused: Set<string>
  /** Whether a plan change ends the subscription and opens another one. Otherwise the subscription keeps its id. */
  renewsOnChange: boolean
  /** The milliseconds between a call and its effect. */
  latency: number
  /** Whether a call has come in and has not had its effect. */
  isCalled: boolean
  /** Whether all calls fail. */
  isDown: boolean
  /** The next call has its effect, and its answer is lost. */
  loseNextAnswer: boolean
  /** The next call has its effect and answers a retryable error. Later calls for its organization fail. */
  breakAfterNextEffect: boolean
  /** Makes the invoice in the answer to a report of usage. By default there is none. */
  invoiceFor: ((report: UsageReport) => IssuedInvoice) | undefined
  plugin: Plugin
}

/**
 * Creates a billing provider in memory, whose adapter is external.
 * @param id the id of its adapter and plug-in.
 */
export function memoryBilling(id = 'memory'): MemoryProvider {
  const byKey = new Map<string, string>()
  const namedByKey = new Map<string, string>()
  const owners = new Map<string, string>()
  const provider: Omit<MemoryProvider, 'plugin'> = {
    subscriptions: new Map(),
    usage: new Map(),
    reports: [],
    names: new Map(),
    beforeName: async () => undefined,
    refusedName: undefined,
    planChanges: [],
    downFor: new Set(),
    refused: new Set(),
    renewsOnChange: false,
    latency: 0,
    isCalled: false,
    isDown: false,
    loseNextAnswer: false,
    breakAfterNextEffect: false,
    invoiceFor: undefined,
  }
  const perform = async (
    call: BillingCall,
    organizationId: string,
    effect: (externalId: string) => unknown,
    externalId = `${id}_${byKey.size}`,
  ): Promise<{ externalId: string }> => {
    if (provider.isDown || provider.downFor.has(organizationId)) throw new StepError(errors.down)
    const known = byKey.get(call.idempotencyKey)
    if (known !== undefined) return { externalId: known }
    provider.isCalled = true
    if (provider.latency > 0) await delay(provider.latency)
    provider.isCalled = false
    effect(externalId)
    byKey.set(call.idempotencyKey, externalId)
    owners.set(call.idempotencyKey, organizationId)
    if (provider.breakAfterNextEffect) {
      provider.breakAfterNextEffect = false
      provider.downFor.add(organizationId)
      throw new StepError(errors.overloaded)
    }
    if (!provider.loseNextAnswer) return { externalId }
    provider.loseNextAnswer = false
    throw new StepError(errors.answerLost)
  }
  const name = async (call: BillingCall, customer: BillingCustomer) => {
    const named = namedByKey.get(call.idempotencyKey) ?? customer.name
    if (named !== customer.name) throw new Error('One key came with two names.')
    namedByKey.set(call.idempotencyKey, customer.name)
    if (customer.name === provider.refusedName) throw new StepError(errors.nameRefused)
    await provider.beforeName(customer.name)
    return perform(call, customer.organizationId, () =>
      provider.names.set(customer.organizationId, customer.name),
    )
  }
  const open = (externalId: string, terms: Omit<Subscription, 'status' | 'createdAt'>) =>
    provider.subscriptions.set(externalId, { ...terms, status: 'open', createdAt: new Date() })
  const adapter: BillingAdapter = {
    id,
    capabilities: { transactional: false },
    check: async () => undefined,
    preview: ({ kind }) => ({ summary: `Bill a ${kind} plan from memory.` }),
    ensureCustomer: (call, customer) => name(call, customer),
    updateCustomer: async (call, customer) => void (await name(call, customer)),
    ensureSubscription: (call, { organizationId, customerExternalId, plan }) =>
      perform(call, organizationId, (externalId) =>
        open(externalId, { organizationId, customerExternalId, plan: plan.kind }),
      ),
    changePlan: (call, { subscription, to }) =>
      perform(
        call,
        subscription.organizationId,
        (externalId) => {
          const { organizationId, customerExternalId } = subscription
          const before = provider.subscriptions.get(subscription.externalId)
          if (before?.status === 'cancelled') throw new StepError(errors.ended)
          provider.planChanges.push({ organizationId, licenses: to.licenses })
          if (before !== undefined) before.status = 'cancelled'
          open(externalId, { organizationId, customerExternalId, plan: to.kind })
        },
        provider.renewsOnChange ? undefined : subscription.externalId,
      ),
    reportUsage: async (call, report) => {
      const answer = await perform(call, report.subscription.organizationId, () => {
        const { subscription, month, usage } = report
        const key = `${subscription.externalId} ${month}`
        if (provider.refused.has(key) || provider.refused.has(subscription.organizationId))
          throw new StepError(errors.unknown)
        provider.reports.push(report)
        const earlier = provider.usage.get(key) ?? { trial: 0, purchased: 0 }
        provider.usage.set(key, {
          trial: earlier.trial + usage.trial,
          purchased: earlier.purchased + usage.purchased,
        })
      })
      return provider.invoiceFor === undefined ? answer : { ...answer, invoice: provider.invoiceFor(report) }
    },
    readUsage: async (_, { subscription, month }) => {
      if (provider.downFor.has(subscription.organizationId)) throw new StepError(errors.down)
      return provider.usage.get(`${subscription.externalId} ${month}`)
    },
    cancel: async (_, { externalId, organizationId }) => {
      if (provider.downFor.has(organizationId)) throw new StepError(errors.down)
      const found = provider.subscriptions.get(externalId)
      if (found !== undefined) found.status = 'cancelled'
    },
    listSubscriptions: async (_, wanted) => {
      if (provider.isDown) throw new StepError(errors.down)
      const all = [...provider.subscriptions].map(
        ([externalId, { status, plan: _plan, ...subscription }]) =>
          ({ ...subscription, externalId, status: status === 'open' ? 'open' : 'ended' }) as const,
      )
      if ('externalId' in wanted)
        return { subscriptions: all.filter(({ externalId }) => externalId === wanted.externalId) }
      const start = Number(wanted.after ?? 0)
      const end = start + wanted.limit
      const billed = all.filter(({ status }) => status === 'open')
      return { subscriptions: billed.slice(start, end), ...(billed.length > end ? { next: `${end}` } : {}) }
    },
    find: async (call) => {
      if (provider.downFor.has(owners.get(call.idempotencyKey) ?? '')) throw new StepError(errors.down)
      const externalId = byKey.get(call.idempotencyKey)
      return externalId === undefined ? undefined : { externalId }
    },
  }
  return Object.assign(provider, { plugin: definePlugin({ name: id, billing: [adapter] }) })
}

const errors = {
  unknown: {
    class: 'terminal',
    code: 'subscription_unknown',
    message: 'The billing service does not know the subscription.',
    nextAction: 'Cancel the run.',
  },
  ended: {
    class: 'terminal',
    code: 'subscription_ended',
    message: 'The subscription has ended at the billing service.',
    nextAction: 'Cancel the run.',
  },
  down: {
    class: 'needs_input',
    code: 'provider_down',
    message: 'The billing service is down.',
    nextAction: 'Bring it back, then retry.',
  },
  nameRefused: {
    class: 'needs_input',
    code: 'name_refused',
    message: 'The billing service does not allow the name.',
    nextAction: 'Choose another name, then retry.',
  },
  overloaded: {
    class: 'retryable',
    code: 'provider_overloaded',
    message: 'The billing service is overloaded.',
    nextAction: 'It is tried again by itself.',
  },
  answerLost: {
    class: 'unknown_outcome',
    code: 'answer_lost',
    message: 'The answer of the billing service was lost.',
    nextAction: 'It is looked up when you retry.',
  },
} as const
