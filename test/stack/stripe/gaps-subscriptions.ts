import { type Answer, type Call, type Forward, type Gap, metadataIn, type Thing } from './gap.ts'

const secondsPerDay = 24 * 60 * 60

interface Kept {
  metadata: Record<string, string>
  trialEnd: number | null
}

/**
 * localstripe takes one item a subscription, named by its plan; it ignores metadata in an update, and what a trial means.
 */
export function subscriptionGaps(): Gap {
  const kept = new Map<string, Kept>()

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
    kept.set((answer.body as Thing).id, {
      metadata: metadataIn(call.params),
      trialEnd: days > 0 ? now() + days * secondsPerDay : null,
    })
    return described(answer)
  }

  async function update(id: string, { path, params, authorization }: Call, forward: Forward) {
    const subscription = await forward({ method: 'GET', path, params: new URLSearchParams(), authorization })
    const before = kept.get(id)
    if (before === undefined) return subscription
    Object.assign(before.metadata, metadataIn(params))
    const trialEnd = params.get('trial_end')
    if (trialEnd !== null) before.trialEnd = trialEnd === 'now' ? now() : Number(trialEnd)
    return described(subscription)
  }

  function described(answer: Answer): Answer {
    const { data } = answer.body as { data?: Thing[] }
    return {
      ...answer,
      body:
        data === undefined ? describe(answer.body as Thing) : { ...answer.body, data: data.map(describe) },
    }
  }

  function describe(subscription: Thing): Thing {
    const { metadata, trialEnd } = kept.get(subscription.id) ?? { metadata: {}, trialEnd: null }
    const items = subscription.items as { data: Thing[] } | undefined
    const current_period_start = subscription.current_period_start
    const ongoing = trialEnd !== null && trialEnd > now() ? 'trialing' : 'active'
    return {
      ...subscription,
      metadata,
      status: subscription.status === 'canceled' ? 'canceled' : ongoing,
      trial_start: trialEnd === null ? null : subscription.start_date,
      trial_end: trialEnd,
      items: { ...items, data: items?.data.map((item) => ({ ...item, current_period_start })) ?? [] },
    }
  }
}

function now(): number {
  return Math.floor(Date.now() / 1_000)
}
