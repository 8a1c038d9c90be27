import {
  type BillingAdapter,
  type BillingCall,
  type BillingUsage,
  definePlugin,
  type Plugin,
  StepError,
} from '../../plugins/plugin-contract.ts'

interface Subscription {
  organizationId: string
  plan: string
  status: 'open' | 'cancelled'
  customerExternalId: string
  createdAt: Date
}

/** What somebody else's billing service has on record, and how it behaves. */
export interface MemoryProvider {
  subscriptions: Map<string, Subscription>
  usage: Map<string, BillingUsage>
  /** Each change of plan that had its effect, in order. */
  planChanges: { organizationId: string; licenses: number | undefined }[]
  /** Organizations whose calls fail, as when the service is down. */
  downFor: Set<string>
  /** Whether it fails for everybody. */
  isDown: boolean
  /** The next answer is lost, after the effect. */
  loseNextAnswer: boolean
  /** After its next effect it answers that it should be called again, and is down from then on for that organization. */
  breakAfterNextEffect: boolean
  plugin: Plugin
}

/** A billing service of somebody else's, kept in memory: calls to it are external. */
export function memoryBilling(id = 'memory'): MemoryProvider {
  const byKey = new Map<string, string>()
  const owners = new Map<string, string>()
  const provider: Omit<MemoryProvider, 'plugin'> = {
    subscriptions: new Map(),
    usage: new Map(),
    planChanges: [],
    downFor: new Set(),
    isDown: false,
    loseNextAnswer: false,
    breakAfterNextEffect: false,
  }
  const perform = async (
    call: BillingCall,
    organizationId: string,
    effect: (externalId: string) => void,
    externalId = `${id}_${byKey.size}`,
  ): Promise<{ externalId: string }> => {
    if (provider.isDown || provider.downFor.has(organizationId)) throw unreachable()
    const known = byKey.get(call.idempotencyKey)
    if (known !== undefined) return { externalId: known }
    byKey.set(call.idempotencyKey, externalId)
    owners.set(call.idempotencyKey, organizationId)
    effect(externalId)
    if (provider.breakAfterNextEffect) {
      provider.breakAfterNextEffect = false
      provider.downFor.add(organizationId)
      throw overloaded()
    }
    if (!provider.loseNextAnswer) return { externalId }
    provider.loseNextAnswer = false
    throw answerLost()
  }
  const adapter: BillingAdapter = {
    id,
    capabilities: { transactional: false },
    check: async () => undefined,
    preview: ({ kind }) => ({ summary: `Bill a ${kind} plan from memory.` }),
    ensureCustomer: (call, { organizationId }) => perform(call, organizationId, () => undefined),
    ensureSubscription: (call, { organizationId, customerExternalId, plan }) =>
      perform(call, organizationId, (externalId) => {
        const opened = { organizationId, customerExternalId, plan: plan.kind, createdAt: new Date() }
        provider.subscriptions.set(externalId, { ...opened, status: 'open' })
      }),
    changePlan: (call, { subscription, to }) =>
      perform(
        call,
        subscription.organizationId,
        (externalId) => {
          const { organizationId } = subscription
          provider.planChanges.push({ organizationId, licenses: to.licenses })
          const { customerExternalId } = subscription
          const opened = { organizationId, customerExternalId, plan: to.kind, createdAt: new Date() }
          provider.subscriptions.set(externalId, { ...opened, status: 'open' })
        },
        subscription.externalId,
      ),
    reportUsage: (call, { subscription, month, usage }) =>
      perform(call, subscription.organizationId, () => {
        const at = `${subscription.externalId} ${month}`
        if (provider.usage.has(at)) throw new Error('Billed twice.')
        provider.usage.set(at, usage)
      }),
    readUsage: async (_, { subscription, month }) => {
      if (provider.downFor.has(subscription.organizationId)) throw unreachable()
      return provider.usage.get(`${subscription.externalId} ${month}`)
    },
    cancel: async (_, { externalId, organizationId }) => {
      if (provider.downFor.has(organizationId)) throw unreachable()
      const found = provider.subscriptions.get(externalId)
      if (found !== undefined) found.status = 'cancelled'
    },
    listSubscriptions: async (_, wanted) => {
      if (provider.isDown) throw unreachable()
      const all = [...provider.subscriptions].map(
        ([externalId, { status, plan: _plan, ...subscription }]) => ({
          ...subscription,
          externalId,
          status: status === 'open' ? ('open' as const) : ('ended' as const),
        }),
      )
      if ('externalId' in wanted)
        return { subscriptions: all.filter(({ externalId }) => externalId === wanted.externalId) }
      const at = Number(wanted.after ?? 0)
      const end = at + wanted.limit
      const open = all.filter(({ status }) => status === 'open')
      return { subscriptions: open.slice(at, end), ...(open.length > end ? { next: `${end}` } : {}) }
    },
    find: async (call) => {
      if (provider.downFor.has(owners.get(call.idempotencyKey) ?? '')) throw unreachable()
      const externalId = byKey.get(call.idempotencyKey)
      return externalId === undefined ? undefined : { externalId }
    },
  }
  return Object.assign(provider, { plugin: definePlugin({ name: id, billing: [adapter] }) })
}

function unreachable(): StepError {
  return new StepError({
    class: 'needs_input',
    code: 'provider_down',
    message: 'The billing service is down.',
    nextAction: 'Bring it back, then retry.',
  })
}

function overloaded(): StepError {
  return new StepError({
    class: 'retryable',
    code: 'provider_overloaded',
    message: 'The billing service is overloaded.',
    nextAction: 'It is tried again by itself.',
  })
}

function answerLost(): StepError {
  return new StepError({
    class: 'unknown_outcome',
    code: 'answer_lost',
    message: 'The answer of the billing service was lost.',
    nextAction: 'It is looked up when you retry.',
  })
}
