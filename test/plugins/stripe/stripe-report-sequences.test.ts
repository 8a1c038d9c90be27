import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { type HttpProxy, throughHttpProxy } from '../../../plugins/conformance/faults/http-proxy.ts'
import type { BillingCall, BillingSubscription, UsageReport } from '../../../plugins/plugin-contract.ts'
import { aCall, aSubscription, stripeAt } from '../../builders/stripe-account.ts'
import { tries } from '../../stack/extent.ts'
import { startLocalstripe } from '../../stack/stripe/localstripe.ts'
import { postTo, usageInvoicesAt } from './usage-invoices.ts'

const server = await startLocalstripe()
afterAll(() => server.stop())
const prices = { currency: 'USD', purchased: 500, trial: 100 }
const months = ['2026-09', '2026-10'] as const

type Sent = Pick<UsageReport, 'month' | 'usage' | 'converted'>

const licenses = fc.nat({ max: 3 })
const report: fc.Arbitrary<Sent> = fc
  .record({ month: fc.constantFrom(...months), trial: licenses, purchased: licenses, converted: licenses })
  .map(({ month, trial, purchased, converted }) => ({
    month,
    usage: { trial, purchased },
    converted: Math.min(converted, purchased),
  }))
const reports = fc.array(report, { minLength: 1, maxLength: 3 })

/** `lost`: the request of the call whose answer is lost, and those after it. A call with fewer requests succeeds. */
const lost = fc.oneof(
  { weight: 2, arbitrary: fc.nat({ max: 8 }) },
  { weight: 1, arbitrary: fc.constant(100) },
)
const event = fc.oneof(
  { weight: 3, arbitrary: fc.record({ type: fc.constant('report' as const), which: fc.nat(), lost }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('cancel' as const), lost }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('void' as const), which: fc.nat() }) },
)
type Happening = typeof event extends fc.Arbitrary<infer Value> ? Value : never

test('each report has one invoice, whatever was lost, voided or ended before Stripe forgot the keys', async () => {
  await throughHttpProxy(server.url, (proxy) =>
    fc.assert(
      fc.asyncProperty(reports, fc.array(event, { minLength: 3, maxLength: 8 }), async (sent, events) => {
        const account = await anAccount(proxy, sent)
        for (const happening of events) await account.meet(happening)
        proxy.meet(undefined)
        server.forgetKeys()
        await account.repeatEverything()
        const { subscription, voided } = account
        const invoices = await usageInvoicesAt(server, subscription)
        expect(invoices.map(summary).sort()).toEqual(sent.map(expectedInvoice(voided)).sort())
        for (const month of months) {
          const read = await account.adapter.readUsage(aCall(), { subscription, month })
          const counted = sent.filter((each, index) => each.month === month && !voided.has(index))
          expect(read).toEqual(counted.length === 0 ? undefined : sumOf(counted))
        }
      }),
      tries(20),
    ),
  )
})

async function anAccount(proxy: HttpProxy, sent: Sent[]) {
  proxy.meet(undefined)
  const adapter = stripeAt(proxy.url, { prices })
  const subscription = await aSubscription(adapter)
  const calls = sent.map((each, index) => ({ call: aCall(`${subscription.externalId}:${index}`), each }))
  const cancelCall = aCall()
  const voided = new Set<number>()
  let ended = false

  const reportOne = ({ call, each }: { call: BillingCall; each: Sent }) =>
    adapter.reportUsage(call, { subscription, ...each })
  /** The engine calls again after an error, until it gets an answer. */
  const attempt = (lostAfter: number, body: () => Promise<unknown>) => {
    proxy.meet({ kind: 'answer lost', after: lostAfter })
    return body().catch(() => undefined)
  }

  return {
    adapter,
    subscription,
    voided,
    async meet(happening: Happening) {
      if (happening.type === 'cancel') {
        ended = true
        return attempt(happening.lost, () => adapter.cancel(cancelCall, subscription))
      }
      const which = happening.which % calls.length
      const chosen = calls[which]
      if (chosen === undefined) return undefined
      if (happening.type === 'report') return attempt(happening.lost, () => reportOne(chosen))
      if (await voidAtStripe(subscription, chosen.call)) voided.add(which)
      return undefined
    },
    async repeatEverything() {
      for (const each of calls) {
        const first = await reportOne(each)
        expect(await reportOne(each)).toEqual(first)
      }
      if (ended) await adapter.cancel(cancelCall, subscription)
    },
  }
}

async function voidAtStripe(subscription: BillingSubscription, { idempotencyKey }: BillingCall) {
  const invoices = await usageInvoicesAt(server, subscription)
  const invoice = invoices.find(({ metadata }) => metadata.tenantry_key === idempotencyKey)
  // Stripe voids open invoices only.
  if (invoice?.status !== 'open') return false
  await postTo(server, `/v1/invoices/${invoice.id}/void`)
  return true
}

function summary({ status, total, auto_advance, metadata }: Awaited<ReturnType<typeof usageInvoicesAt>>[0]) {
  const collected = status === 'open' && auto_advance ? 'collected' : status
  return `${metadata.tenantry_key?.split(':').at(-1)} ${total} ${collected}`
}

function expectedInvoice(voided: Set<number>) {
  return ({ usage, converted }: Sent, index: number) => {
    const total = 500 * usage.purchased + 100 * usage.trial - 100 * converted
    const status = total === 0 ? 'paid' : 'collected'
    return `${index} ${total} ${voided.has(index) ? 'void' : status}`
  }
}

function sumOf(counted: Sent[]) {
  const add = (kind: 'trial' | 'purchased') => counted.reduce((sum, { usage }) => sum + usage[kind], 0)
  return { trial: add('trial'), purchased: add('purchased') }
}
