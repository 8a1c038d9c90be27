import { sql } from 'kysely'
import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { stripe } from '../../../plugins/stripe/plugin.ts'
import { anInvoice, anIssuedInvoice } from '../../builders/invoice.ts'
import { anOrganization } from '../../builders/organization.ts'
import { aStripeEvent, aStripeInvoice, signedHeaders, webhookSecret } from '../../builders/stripe-event.ts'
import { aPlan } from '../../builders/plan.ts'
import { firstTwoPages, itemsOf, startApiForFile } from '../api-under-test.ts'

const path = '/v1/billing/stripe/webhooks'

const prices = { currency: 'USD', purchased: 500, trial: 0 }
const api = await startApiForFile({
  plugins: [stripe({ secretKey: 'sk_test_unused', prices, webhookSecret })],
})

async function deliver(body: string, headers = signedHeaders(body), url = path) {
  const response = await api.app.inject({ method: 'POST', url, headers, payload: body })
  return { status: response.statusCode, body: response.payload === '' ? {} : response.json() }
}

interface Billed {
  organizationId: string
  customer: string
  subscription: string
}

/** Adds an account with a stored Stripe subscription. */
async function aBilledAccount(): Promise<Billed> {
  const organizationId = await anOrganization(api.db, api.platformId, { type: 'customer' })
  const billed = { organizationId, customer: `cus_${randomUUID()}`, subscription: `sub_${randomUUID()}` }
  await storeSubscription(billed)
  return billed
}

const storeSubscription = ({ organizationId, ...ids }: Billed) =>
  aPlan(api.db, organizationId, { billingAdapter: 'stripe', ...ids })

function invoicesOf(organizationId: string) {
  return (
    api.db
      .selectFrom('invoices')
      .selectAll()
      // Cast, because the driver returns a column of this width as a string.
      .select(sql<number>`total::float8`.as('total'))
      .where('organization_id', '=', organizationId)
      .where('billing_adapter', '=', 'stripe')
      .execute()
  )
}

async function activityOf(organizationId: string) {
  const answer = await api.get(`/v1/organizations/${organizationId}/activity`)
  return itemsOf(answer).filter(({ type }) => type === 'billing')
}

describe('Invoices that Stripe issued', () => {
  test('An invoice is stored for its account with its lines, its total and its month', async () => {
    const { organizationId, customer } = await aBilledAccount()
    const invoice = aStripeInvoice(customer)
    const { status } = await deliver(aStripeEvent('invoice.finalized', invoice).body)
    expect(status).toBe(204)
    expect(await invoicesOf(organizationId)).toMatchObject([
      {
        external_id: invoice.id,
        kind: 'invoice',
        number: invoice.number,
        month: '2026-10',
        currency: 'USD',
        lines: [{ description: '3 × Licenses', quantity: 3, unitAmount: 500, amount: 1_500 }],
        total: 1_500,
        issued_at: new Date('2026-11-03T01:00:00Z'),
      },
    ])
  })

  test('Taxes are stored as a line of their own, so that the lines add up to the total', async () => {
    const { organizationId, customer } = await aBilledAccount()
    await deliver(aStripeEvent('invoice.finalized', aStripeInvoice(customer, { total: 1_785 })).body)
    const [invoice] = await invoicesOf(organizationId)
    expect(invoice?.lines.map(({ amount }) => amount)).toEqual([1_500, 285])
  })

  test('An invoice is stored once when its event is delivered three times at once', async () => {
    const { organizationId, customer } = await aBilledAccount()
    const { body } = aStripeEvent('invoice.finalized', aStripeInvoice(customer))
    const answers = await Promise.all([deliver(body), deliver(body), deliver(body)])
    expect(answers.map(({ status }) => status)).toEqual([204, 204, 204])
    expect(await invoicesOf(organizationId)).toHaveLength(1)
    expect(await activityOf(organizationId)).toHaveLength(1)
  })

  test('An invoice that the answer to the report brought is not stored again by its event', async () => {
    const { organizationId, customer } = await aBilledAccount()
    const invoice = aStripeInvoice(customer)
    await anInvoice(api.db, organizationId, anIssuedInvoice({ externalId: invoice.id }), 'stripe')
    const stored = await invoicesOf(organizationId)
    await deliver(aStripeEvent('invoice.finalized', invoice).body)
    expect(await invoicesOf(organizationId)).toEqual(stored)
    expect(stored).toMatchObject([{ external_id: invoice.id }])
  })

  test('An invoice that comes before its subscription is stored with the next event', async () => {
    const organizationId = await anOrganization(api.db, api.platformId, { type: 'customer' })
    const billed = { organizationId, customer: `cus_${randomUUID()}`, subscription: `sub_${randomUUID()}` }
    const early = aStripeInvoice(billed.customer)
    expect((await deliver(aStripeEvent('invoice.finalized', early).body)).status).toBe(204)
    expect(await invoicesOf(organizationId)).toEqual([])
    await storeSubscription(billed)
    await deliver(aStripeEvent('invoice.finalized', aStripeInvoice((await aBilledAccount()).customer)).body)
    expect(await invoicesOf(organizationId)).toMatchObject([{ external_id: early.id }])
  })
})

describe('Stripe events of an account', () => {
  test('The events of invoices that the adapter did not create are ignored', async () => {
    const { organizationId, customer } = await aBilledAccount()
    // Stripe creates one with the total 0 for each period of a subscription, and a person can create others.
    for (const changes of [{ total: 0, lines: { data: [] } }, {}]) {
      const invoice = aStripeInvoice(customer, { ...changes, metadata: {} })
      await deliver(aStripeEvent('invoice.finalized', invoice).body)
      await deliver(aStripeEvent('invoice.payment_failed', invoice).body)
    }
    expect(await invoicesOf(organizationId)).toEqual([])
    expect(await activityOf(organizationId)).toEqual([])
  })

  test('The activity shows the events of the account, even if they came in the wrong order', async () => {
    const { organizationId, customer, subscription } = await aBilledAccount()
    const invoice = aStripeInvoice(customer)
    await deliver(aStripeEvent('customer.subscription.deleted', { id: subscription, customer }).body)
    await deliver(aStripeEvent('invoice.payment_failed', invoice).body)
    await deliver(aStripeEvent('invoice.finalized', invoice).body)
    const ids = { customerExternalId: customer, invoiceExternalId: invoice.id }
    expect((await activityOf(organizationId)).map(({ data }) => data)).toEqual([
      { event: 'invoice_issued', billingAdapter: 'stripe', ...ids },
      { event: 'payment_failed', billingAdapter: 'stripe', ...ids },
      { event: 'subscription_cancelled', billingAdapter: 'stripe', subscriptionExternalId: subscription },
    ])
  })

  test('The events are read page by page', async () => {
    const { organizationId, customer } = await aBilledAccount()
    for (let failure = 0; failure < 3; failure += 1)
      await deliver(
        aStripeEvent('invoice.payment_failed', aStripeInvoice(customer, { id: `in_${failure}` })).body,
      )
    const activity = `/v1/organizations/${organizationId}/activity?limit=2`
    const [first, second] = await firstTwoPages(api, activity)
    const ids = [...itemsOf(first), ...itemsOf(second)].map(({ data }) => data)
    expect(ids).toMatchObject([2, 1, 0].map((failure) => ({ invoiceExternalId: `in_${failure}` })))
  })

  test('The events of one account do not show in the activity of another', async () => {
    const { customer } = await aBilledAccount()
    const other = await aBilledAccount()
    await deliver(aStripeEvent('invoice.payment_failed', aStripeInvoice(customer)).body)
    expect(await activityOf(other.organizationId)).toEqual([])
  })

  test('An event of an unknown customer or of an unused type is accepted without an effect', async () => {
    const events = [
      aStripeEvent('invoice.payment_failed', aStripeInvoice('cus_of_somebody_else')),
      aStripeEvent('invoice.finalized', aStripeInvoice('cus_of_somebody_else')),
      aStripeEvent('customer.created', { id: 'cus_1' }),
      aStripeEvent('of.a.later.version', {}),
    ]
    const before = await api.db.selectFrom('invoices').select('id').execute()
    for (const { body } of events) expect((await deliver(body)).status).toBe(204)
    expect(await api.db.selectFrom('invoices').select('id').execute()).toEqual(before)
  })
})

describe('Refused webhooks', () => {
  const { id, body } = aStripeEvent('invoice.payment_failed', aStripeInvoice('cus_1', { id: 'in_1' }))
  const tenMinutesAgo = Math.floor(Date.now() / 1_000) - 600

  test.each([
    ['with the signature of another secret', body, signedHeaders(body, { secret: 'whsec_other' })],
    ['with an old signature', body, signedHeaders(body, { at: tenMinutesAgo })],
    ['with a changed content', body.replace('in_1', 'in_2'), signedHeaders(body)],
    ['with one space less than was signed', body.replace('  ', ' '), signedHeaders(body)],
    ['without a signature', body, { 'content-type': 'application/json' }],
    ['with an empty body', '', signedHeaders(body)],
  ])('A webhook %s is refused', async (_, sent, headers) => {
    const answer = await deliver(sent, headers)
    expect(answer).toMatchObject({ status: 400, body: { code: 'webhook_refused' } })
    expect(answer.body.nextAction).toContain('STRIPE_WEBHOOK_SECRET')
    const taken = await api.db.selectFrom('provider_events').select('id').where('event_id', '=', id).execute()
    expect(taken).toEqual([])
  })

  test('A signed webhook of another shape is refused with the name of the invalid field', async () => {
    const sent = aStripeEvent('invoice.payment_failed', { ...aStripeInvoice('cus_1'), customer: null }).body
    const answer = await deliver(sent)
    expect(answer).toMatchObject({ status: 400, body: { code: 'webhook_unreadable' } })
    expect(answer.body.detail).toContain('customer')
  })

  test('A webhook for an adapter without webhooks or for an unknown adapter is answered with 404', async () => {
    for (const adapter of ['ledger', 'unknown']) {
      const answer = await deliver(body, signedHeaders(body), `/v1/billing/${adapter}/webhooks`)
      expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } })
    }
  })
})

test('All other routes need an API key and JSON', async () => {
  const url = '/v1/organizations/root/accounts'
  expect((await deliver('{}', signedHeaders('{}'), url)).status).toBe(401)
  const headers = { authorization: `Bearer ${api.key}`, 'content-type': 'text/plain' }
  expect((await deliver('{}', headers, url)).status).toBe(415)
})
