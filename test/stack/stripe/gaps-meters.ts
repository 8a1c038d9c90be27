import { randomUUID } from 'node:crypto'
import { type Call, type Forward, type Gap, list, ok, refusal, type StripeObject } from './gap.ts'

interface MeterEvent {
  name: string
  customer: string
  value: number
  timestamp: number
}

/**
 * localstripe has no meters, and the older plans instead of prices. A price becomes a plan with the amount 0, because only
 * its usage is billed. Meters aggregate by the last value, as the meters of our adapter do.
 */
export function meterGaps(): Gap {
  const meters: (StripeObject & { event_name: string })[] = []
  const prices: (StripeObject & { lookup_key: string })[] = []
  const events: MeterEvent[] = []

  return async (call, forward) => {
    const { method, path, params } = call
    switch (`${method} ${path}`) {
      case 'GET /v1/billing/meters':
        return list(meters)
      case 'POST /v1/billing/meters': {
        const event_name = params.get('event_name') ?? ''
        if (meters.some((meter) => meter.event_name === event_name))
          return refusal('An active meter already exists with this event name.')
        if (params.get('default_aggregation[formula]') !== 'last')
          return refusal('Only `last` is known here.')
        meters.push({ id: `mtr_${randomUUID()}`, object: 'billing.meter', event_name, status: 'active' })
        return ok(meters.at(-1) ?? {})
      }
      case 'POST /v1/billing/meter_events':
        events.push({
          name: params.get('event_name') ?? '',
          customer: params.get('payload[stripe_customer_id]') ?? '',
          value: Number(params.get('payload[value]')),
          timestamp: Number(params.get('timestamp')),
        })
        return ok({ object: 'billing.meter_event', identifier: params.get('identifier') })
      case 'GET /v1/prices': {
        const keys = [...params].filter(([name]) => name.startsWith('lookup_keys')).map(([, value]) => value)
        return list(prices.filter(({ lookup_key }) => keys.includes(lookup_key)))
      }
      case 'POST /v1/prices': {
        const lookup_key = params.get('lookup_key') ?? ''
        if (prices.some((price) => price.lookup_key === lookup_key))
          return refusal('A price already uses that lookup key.')
        const id = `price_${randomUUID()}`
        prices.push({ id, object: 'price', lookup_key, recurring: { meter: params.get('recurring[meter]') } })
        return createPlan(id, call, forward)
      }
      case 'POST /v1/products': {
        params.delete('unit_label')
        const product = await forward(call)
        return product.status === 409 ? refusal('It exists.', 'resource_already_exists') : product
      }
      default:
        return eventSummaries(call)
    }
  }

  function eventSummaries({ path, params }: Call) {
    const [, id] = /^\/v1\/billing\/meters\/([^/]+)\/event_summaries$/.exec(path) ?? []
    if (id === undefined) return undefined
    const name = meters.find((meter) => meter.id === id)?.event_name
    const [start, end] = [Number(params.get('start_time')), Number(params.get('end_time'))]
    const last = events.findLast(
      (event) =>
        event.name === name &&
        event.customer === params.get('customer') &&
        event.timestamp >= start &&
        event.timestamp < end,
    )
    return list(last === undefined ? [] : [{ id: 'mtrusg_1', aggregated_value: last.value }])
  }
}

async function createPlan(id: string, { params, authorization }: Call, forward: Forward) {
  const plan = new URLSearchParams({
    id,
    amount: '0',
    currency: params.get('currency') ?? '',
    interval: params.get('recurring[interval]') ?? '',
    usage_type: 'metered',
    product: params.get('product') ?? '',
  })
  const created = await forward({ method: 'POST', path: '/v1/plans', params: plan, authorization })
  return created.status === 200 ? ok({ id, object: 'price' }) : created
}
