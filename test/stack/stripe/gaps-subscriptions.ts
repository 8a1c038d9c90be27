import { randomUUID } from 'node:crypto'
import { type Answer, type Call, type Forward, type Gap, metadataIn, type StripeObject } from './gap.ts'

const secondsPerDay = 24 * 60 * 60

interface SubscriptionState {
  metadata: Record<string, string>
  trialEnd: number | null
  /** Whether Stripe charges or sends the invoices. */
  collection: Record<string, string>
}

const collectionFields = ['collection_method', 'days_until_due']

/** What a subscription does to the invoices of its customer. */
interface Consequences {
  subscribed(customer: string): void
  ended(customer: string): void
}

/**
 * localstripe takes one item for each subscription, by the older plan instead of a price. It ignores metadata and collection in an
 * update, and the end of a trial.
 */
export function subscriptionGaps({ subscribed, ended }: Consequences): Gap {
  const states = new Map<string, SubscriptionState>()

  return async (call, forward) => {
    const [, , , id] = call.path.split('/')
    if (!/^\/v1\/subscriptions(\/[^/]+)?$/.test(call.path)) return undefined
    if (call.method === 'POST') return id === undefined ? create(call, forward) : update(id, call, forward)
    const answer = await forward(call)
    if (call.method === 'DELETE' && answer.status === 200) ended(String(answer.body.customer))
    return described(answer)
  }

  async function create(call: Call, forward: Forward): Promise<Answer> {
    const plan = await createPlan(call, forward)
    if (plan.status !== 200) return plan
    const params = new URLSearchParams({ 'items[0][plan]': String(plan.body.id) })
    for (const [name, value] of call.params) if (!name.startsWith('items')) params.set(name, value)
    const answer = await forward({ ...call, params })
    if (answer.status !== 200) return answer
    subscribed(params.get('customer') ?? '')
    const days = Number(params.get('trial_period_days') ?? 0)
    states.set((answer.body as StripeObject).id, {
      metadata: metadataIn(call.params),
      trialEnd: days > 0 ? now() + days * secondsPerDay : null,
      collection: {},
    })
    return described(answer)
  }

  async function update(id: string, { path, params, authorization }: Call, forward: Forward) {
    const subscription = await forward({ method: 'GET', path, params: new URLSearchParams(), authorization })
    const state = states.get(id)
    if (state === undefined) return subscription
    Object.assign(state.metadata, metadataIn(params))
    for (const [name, value] of params) if (collectionFields.includes(name)) state.collection[name] = value
    const trialEnd = params.get('trial_end')
    if (trialEnd !== null) state.trialEnd = trialEnd === 'now' ? now() : Number(trialEnd)
    return described(subscription)
  }

  function described(answer: Answer): Answer {
    const { data } = answer.body as { data?: StripeObject[] }
    return {
      ...answer,
      body:
        data === undefined
          ? describe(answer.body as StripeObject)
          : { ...answer.body, data: data.map(describe) },
    }
  }

  function describe(subscription: StripeObject): StripeObject {
    const { metadata, trialEnd, collection } = states.get(subscription.id) ?? unknown
    const openStatus = trialEnd !== null && trialEnd > now() ? 'trialing' : 'active'
    return {
      ...subscription,
      ...collection,
      metadata,
      status: subscription.status === 'canceled' ? 'canceled' : openStatus,
      trial_start: trialEnd === null ? null : subscription.start_date,
      trial_end: trialEnd,
    }
  }
}

async function createPlan({ params, authorization }: Call, forward: Forward): Promise<Answer> {
  const of = (name: string) => params.get(`items[0][price_data][${name}]`) ?? ''
  const plan = new URLSearchParams({
    id: `price_${randomUUID()}`,
    amount: of('unit_amount'),
    currency: of('currency'),
    interval: of('recurring][interval'),
    product: of('product'),
  })
  return forward({ method: 'POST', path: '/v1/plans', params: plan, authorization })
}

const unknown: SubscriptionState = { metadata: {}, trialEnd: null, collection: {} }

function now(): number {
  return Math.floor(Date.now() / 1_000)
}
