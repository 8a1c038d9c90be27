import { type Answer, type Call, type Forward, type Gap, metadataIn, type StripeObject } from './gap.ts'

const secondsPerDay = 24 * 60 * 60

interface SubscriptionState {
  metadata: Record<string, string>
  trialEnd: number | null
}

/**
 * localstripe takes one item for each subscription, by its plan. It ignores metadata in an update, and the end of a trial.
 */
export function subscriptionGaps(): Gap {
  const states = new Map<string, SubscriptionState>()

  return async (call, forward) => {
    const [, , , id] = call.path.split('/')
    if (!/^\/v1\/subscriptions(\/[^/]+)?$/.test(call.path)) return undefined
    if (call.method === 'POST') return id === undefined ? create(call, forward) : update(id, call, forward)
    return described(await forward(call))
  }

  async function create(call: Call, forward: Forward): Promise<Answer> {
    const params = new URLSearchParams()
    for (const [name, value] of call.params)
      if (!/^(billing_cycle_anchor_config|items\[[1-9])/.test(name))
        params.set(name.replace('[price]', '[plan]'), value)
    const answer = await forward({ ...call, params })
    if (answer.status !== 200) return answer
    const days = Number(params.get('trial_period_days') ?? 0)
    states.set((answer.body as StripeObject).id, {
      metadata: metadataIn(call.params),
      trialEnd: days > 0 ? now() + days * secondsPerDay : null,
    })
    return described(answer)
  }

  async function update(id: string, { path, params, authorization }: Call, forward: Forward) {
    const subscription = await forward({ method: 'GET', path, params: new URLSearchParams(), authorization })
    const state = states.get(id)
    if (state === undefined) return subscription
    Object.assign(state.metadata, metadataIn(params))
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
    const { metadata, trialEnd } = states.get(subscription.id) ?? { metadata: {}, trialEnd: null }
    const items = subscription.items as { data: StripeObject[] } | undefined
    const current_period_start = subscription.current_period_start
    const openStatus = trialEnd !== null && trialEnd > now() ? 'trialing' : 'active'
    return {
      ...subscription,
      metadata,
      status: subscription.status === 'canceled' ? 'canceled' : openStatus,
      trial_start: trialEnd === null ? null : subscription.start_date,
      trial_end: trialEnd,
      items: { ...items, data: items?.data.map((item) => ({ ...item, current_period_start })) ?? [] },
    }
  }
}

function now(): number {
  return Math.floor(Date.now() / 1_000)
}
