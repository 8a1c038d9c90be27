import { createHash } from 'node:crypto'
import type { Stripe } from 'stripe'
import type { BillingUsage, UsageReport } from '../plugin-contract.ts'
import { eventName, findMeters, kinds } from './catalogue.ts'
import { type Period, periodOf } from './stripe-months.ts'
import { existsAlready } from './stripe-errors.ts'

export type BilledMonth = Omit<UsageReport, 'usage'>

/** Sends the usage of a month to the meters. It sends 0 too, because a meter without a value means that nothing was reported. */
export async function reportToMeters(
  stripe: Stripe,
  key: string,
  { subscription, month, usage }: UsageReport,
) {
  const timestamp = timeWithin(periodOf(month))
  for (const kind of kinds) {
    // The identifier contains the day, for a month that has not ended. The meters keep the last value, so the usage counts once.
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

export async function readMeters(stripe: Stripe, month: BilledMonth): Promise<BillingUsage | undefined> {
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
  { subscription, month }: BilledMonth,
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

/** Stripe accepts at most 100 characters. */
function shortened(identifier: string): string {
  return identifier.length <= 100 ? identifier : createHash('sha256').update(identifier).digest('hex')
}

/** The last second of the month or, if the month has not ended, the beginning of today. Stripe refuses times in the future. */
function timeWithin({ start, end }: Period): number {
  const secondsPerDay = 24 * 60 * 60
  const today = Math.floor(Date.now() / 1_000 / secondsPerDay) * secondsPerDay
  return Math.max(start, Math.min(end - 1, today))
}
