import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'
import { readWebhook } from '../../../plugins/http/provider-webhook.ts'
import { providerSecret, sentInvoice } from './billing-provider.ts'

function signed(body: string, { secret = providerSecret, at = new Date() } = {}) {
  const id = 'msg_1'
  return {
    headers: {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(secret).sign(id, at, body),
    },
    body,
  }
}

const failed = JSON.stringify({
  type: 'payment_failed',
  data: { customerExternalId: 'cus_1', invoiceExternalId: 'in_1' },
})

describe('a webhook', () => {
  test.each([
    [{ type: 'invoice_issued', data: { customerExternalId: 'cus_1', invoice: sentInvoice } }],
    [{ type: 'subscription_cancelled', data: { subscriptionExternalId: 'sub_1' } }],
  ])('with a valid signature is read: %j', (payload) => {
    const expected = JSON.parse(JSON.stringify({ id: 'msg_1', type: payload.type, ...payload.data }))
    const event = readWebhook(providerSecret, signed(JSON.stringify(payload)))
    expect({ ...event, ...('invoice' in event ? { invoice: expected.invoice } : {}) }).toEqual(expected)
    if ('invoice' in event) expect(event.invoice.issuedAt).toEqual(new Date(sentInvoice.issuedAt))
  })

  test('of an unknown type is ignored', () => {
    const event = readWebhook(providerSecret, signed('{"type":"coupon_used","data":{}}'))
    expect(event).toEqual({ id: 'msg_1', type: 'ignored' })
  })

  test.each([
    [
      'is signed with another secret',
      signed(failed, { secret: 'whsec_YW5vdGhlci1zZWNyZXQtdGhhdC1ub2JvZHkta25vd3M=' }),
    ],
    ['has the signature of another body', { ...signed(failed), body: failed.replace('cus_1', 'cus_2') }],
    ['was signed ten minutes ago', signed(failed, { at: new Date(Date.now() - 600_000) })],
    ['has no signature', { headers: {}, body: failed }],
  ])('that %s is refused', (_, request) => {
    expect(() => readWebhook(providerSecret, request)).toThrow(
      expect.objectContaining({ code: 'webhook_refused', class: 'terminal' }),
    )
  })

  test.each(['not JSON', '[]', '{"type":"payment_failed","data":{"customerExternalId":""}}'])(
    'with a valid signature and an invalid body is unreadable: %s',
    (body) => {
      expect(() => readWebhook(providerSecret, signed(body))).toThrow(
        expect.objectContaining({ code: 'webhook_unreadable' }),
      )
    },
  )
})
