import { type BillingAdapter, type CallContext, readRetryAfter, stepError } from 'tenantry'
import { z } from 'zod'
import { recordRefused, recordsUnavailable } from './errors.ts'

/** The records service, the fee of a month in integer minor units, and the milliseconds to wait for an answer. */
export type FlatFee = { url: string; token: string; amount: number; currency: string; patience?: number }
const usage = z.object({ trial: z.int(), purchased: z.int() })
const record = z.object({ externalId: z.string(), usage: usage.optional() })
const pathOf = ({ idempotencyKey }: CallContext) => `/${encodeURIComponent(idempotencyKey)}`

/** Bills one fee a month, whatever the number of licenses. Records have our keys as names, so a repeated call changes nothing. */
export function flatFee({ url, token, amount, currency, patience = 5_000 }: FlatFee): BillingAdapter {
  const request = async (signal: AbortSignal, path: string, body?: object) => {
    const response = await fetch(`${url}/records${path}`, {
      method: body === undefined ? 'GET' : 'PUT',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.any([signal, AbortSignal.timeout(patience)]),
    }).catch(() => undefined)
    if (response?.status === 404 && body === undefined) return undefined
    const answer = response?.ok ? record.safeParse(await response.json().catch(() => null)) : undefined
    return answer?.data ?? fail(response)
  }
  const store = (call: CallContext, externalId: string, about: object) =>
    request(call.signal, pathOf(call), { externalId, ...about }).then(() => ({ externalId }))
  return {
    id: 'flat-fee',
    capabilities: { transactional: false },
    check: async (signal) => void (await request(signal, '/check')),
    preview: ({ kind }) => ({ summary: 'Bill one fee a month.', details: { kind, amount, currency } }),
    ensureCustomer: (call, customer) => store(call, call.idempotencyKey, { customer }),
    updateCustomer: async (call, { customerExternalId, ...customer }) =>
      void (await store(call, customerExternalId, { customer })),
    ensureSubscription: (call, subscription) => store(call, call.idempotencyKey, { subscription }),
    changePlan: (call, { subscription, to }) => store(call, subscription.externalId, { to }),
    // A month with trial usage only costs nothing. The service charges an externalId once, however many reports it has.
    reportUsage: (call, { subscription: { externalId }, month, usage: used }) =>
      store(call, `${externalId}:${month}`, {
        usage: used,
        amount: used.purchased > 0 ? amount : 0,
        currency,
      }),
    readUsage: async (call, { subscription: { externalId }, month }) =>
      (await request(call.signal, `?externalId=${encodeURIComponent(`${externalId}:${month}`)}`))?.usage,
    cancel: async (call, { externalId }) => void (await store(call, externalId, { ended: true })),
    find: (call) => request(call.signal, pathOf(call)),
  }
}

function fail(response: Response | undefined): never {
  if (response?.status === 422) throw stepError(recordRefused)
  throw stepError(recordsUnavailable, {
    parameters: { status: response?.status ?? 'none' },
    retryAfter: readRetryAfter(response?.headers.get('retry-after')),
  })
}
