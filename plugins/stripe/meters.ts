import { createHash } from 'node:crypto'
import type { Stripe } from 'stripe'
import type { BillingUsage, UsageReport } from '../plugin-contract.ts'
import { eventName, findMeters } from './catalogue.ts'
import { type Period, periodOf } from './stripe-months.ts'
import { existsAlready } from './stripe-errors.ts'

type Month = Omit<UsageReport, 'usage'>

const kinds = ['trial', 'purchased'] as const

/** Also what was not used: zero on record is another thing than nothing on record. */
export async function putOnMeters(stripe: Stripe, key: string, { subscription, month, usage }: UsageReport) {
  const timestamp = timeWithin(periodOf(month))
  for (const kind of kinds) {
    // Of the day too, for a month that is not over; the meters take the last value, so it counts once all the same.
    const identifier = `${key}:${kind}:${timestamp}`
    await stripe.billing.meterEvents
      .create(
        {
          event_name: eventName(kind),
          identifier: shortened(identifier),
          timestamp,
          payload: { stripe_customer_id: subscription.customerExternalId, value: usage[kind].toString() },
        },
        { idempotencyKey: identifier },
      )
      .catch((error: unknown) => {
        if (!existsAlready(error)) throw error
      })
  }
}

/** What the meters have on record for a month; undefined when they have nothing. */
export async function readMeters(stripe: Stripe, month: Month): Promise<BillingUsage | undefined> {
  const meters = await findMeters(stripe)
  const [trial, purchased] = await Promise.all([
    readMeter(stripe, meters.trial, month),
    readMeter(stripe, meters.purchased, month),
  ])
  return trial === undefined && purchased === undefined
    ? undefined
    : { trial: trial ?? 0, purchased: purchased ?? 0 }
}

export async function readMeter(
  stripe: Stripe,
  meterId: string | undefined,
  { subscription, month }: Month,
): Promise<number | undefined> {
  if (meterId === undefined) return undefined
  const { start, end } = periodOf(month)
  const { data } = await stripe.billing.meters.listEventSummaries(meterId, {
    customer: subscription.customerExternalId,
    start_time: start,
    end_time: end,
  })
  return data[0]?.aggregated_value
}

/** Stripe takes 100 characters. */
function shortened(identifier: string): string {
  return identifier.length <= 100 ? identifier : createHash('sha256').update(identifier).digest('hex')
}

/** The month's last second, or, for one that is not over, the beginning of today: Stripe takes no time that is to come. */
function timeWithin({ start, end }: Period): number {
  const secondsPerDay = 24 * 60 * 60
  const today = Math.floor(Date.now() / 1_000 / secondsPerDay) * secondsPerDay
  return Math.max(start, Math.min(end - 1, today))
}
