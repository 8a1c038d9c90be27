import { randomUUID } from 'node:crypto'
import { afterAll, expect, test } from 'vitest'
import { billingAdapterChecks, type ProviderSubject } from '../../plugins/conformance/kits.ts'
import type { BillingCall, Plugin } from '../../plugins/plugin-contract.ts'
import { providerSecret, startBillingProvider } from '../plugins/http/billing-provider.ts'
import { everyMethod, misreporting, verdict } from './broken.ts'
import { type Break, type Case, listingCases } from './broken-listings.ts'
import { httpSubject } from './subjects/http-subject.ts'

const provider = await startBillingProvider()
afterAll(() => provider.stop())

/** The good subject with an adapter that is broken in one way. */
function brokenBy(change: Break): ProviderSubject {
  const good = httpSubject(provider)
  const breaking = (plugin: Plugin): Plugin => {
    const billing = plugin.billing?.map((adapter) => ({ ...adapter, ...change(adapter) }))
    return { ...plugin, billing: billing ?? [] }
  }
  return {
    ...good,
    connect: (url) => breaking(good.connect(url)),
    connectWithWrongCredentials: (url) => breaking(good.connectWithWrongCredentials(url)),
  }
}

/** In every call, what is given to it is changed. */
const given =
  (change: (call: BillingCall) => Partial<BillingCall>): Break =>
  (adapter) =>
    everyMethod(adapter, (method, [call, ...others]) =>
      method(...([isCall(call) ? { ...call, ...change(call) } : call, ...others] as never[])),
    )

/** In every call, its error is another one. */
const failing =
  (change: Parameters<typeof misreporting>[1]): Break =>
  (adapter) =>
    everyMethod(adapter, (method, all) => {
      const result = method(...(all as never[]))
      return result instanceof Promise ? misreporting(result, change) : result
    })

function isCall(value: unknown): value is BillingCall {
  return typeof value === 'object' && value !== null && 'idempotencyKey' in value
}

const forgetsKeys = given(({ idempotencyKey }) => ({ idempotencyKey: `${idempotencyKey}:${randomUUID()}` }))
const ignoresSignals = given(() => ({ signal: new AbortController().signal }))
const throwsPlainErrors: Break = (adapter) =>
  everyMethod(adapter, (method, all) => {
    const result = method(...(all as never[]))
    return result instanceof Promise
      ? result.catch(() => Promise.reject(new TypeError('fetch failed')))
      : result
  })
const claimsSuccess: Break = (adapter) =>
  everyMethod(adapter, (method, all) => {
    const result = method(...(all as never[]))
    return result instanceof Promise ? result.catch(() => ({ externalId: 'made-up' })) : result
  })
const tooLate = 'whose answer comes too late can be found, and repeated without a second effect'
const lost = 'whose answer is lost can be found, and repeated without a second effect'
const twice = 'called twice with one key has one effect, and the same answer both times'
const limited = 'a provider that limits the rate is tried again when it says'
const wrongCredentials = 'wrong credentials are told by check and by every call, without quoting them'

const withEffect = [
  'ensureCustomer',
  'ensureSubscription',
  'changePlan',
  'reportUsage',
  'creditInvoice',
  'cancel',
]

const cases: Case[] = [
  ...withEffect.flatMap((name): Case[] => [
    [
      'forgets the key',
      `${name} ${twice}`,
      forgetsKeys,
      /again with the same key: expected no effect, and counted 1/,
    ],
    [
      'forgets the key',
      `${name} ${lost}`,
      forgetsKeys,
      /says that it never arrived|expected one effect, and counted 2/,
    ],
    [
      'forgets the key',
      `${name} ${tooLate}`,
      forgetsKeys,
      /says that it never arrived|expected one effect, and counted 2/,
    ],
  ]),
  [
    'does nothing',
    `ensureCustomer ${twice}`,
    () => ({ ensureCustomer: async () => ({ externalId: 'cus_1' }) }),
    /ensureCustomer had no effect that could be counted/,
  ],
  [
    'answers differently the second time',
    `ensureCustomer ${twice}`,
    ({ ensureCustomer }) => ({
      ensureCustomer: async (...all) => (await ensureCustomer(...all)) && { externalId: randomUUID() },
    }),
    /The answer to ensureCustomer again with the same key: expected/,
  ],
  [
    'finds something else',
    `changePlan ${twice}`,
    () => ({ find: async () => ({ externalId: 'other' }) }),
    /The externalId that find answers for the key of changePlan/,
  ],
  [
    'has an effect when it is checked',
    'check succeeds when all is well, and has no effect',
    ({ ensureCustomer }) => ({
      async check(signal) {
        await ensureCustomer({ idempotencyKey: randomUUID(), signal }, { organizationId: 'org_1', name: 'x' })
      },
    }),
    /check: expected no effect, and counted 1/,
  ],
  [
    'finds what never was',
    'find answers undefined for a key that was never used',
    () => ({ find: async () => ({ externalId: 'cus_1' }) }),
    /never used: expected undefined, and saw/,
  ],
  [
    'says nothing in its preview',
    'preview says in words what a plan would mean, and has no effect',
    () => ({ preview: () => ({ summary: ' ' }) }),
    /preview has no summary for a trial plan/,
  ],
  [
    'takes nothing for zero',
    'readUsage answers undefined for a month that was not reported',
    () => ({ readUsage: async () => ({ trial: 0, purchased: 0 }) }),
    /not reported: expected undefined, and saw/,
  ],
  ...listingCases,
  [
    'takes every webhook',
    'parseWebhook refuses a webhook that is not signed',
    () => ({ parseWebhook: () => ({ id: 'evt_1', type: 'ignored' as const }) }),
    /not signed, the call says that it succeeded/,
  ],
  [
    'loses the subscription when its plan changes',
    'a plan is changed there and back, and the subscription can be billed afterwards',
    () => ({ changePlan: async () => ({ externalId: 'sub_other' }) }),
    /refused the call \(HTTP status 404\)/,
  ],
  [
    'adds usage up',
    'usage reported twice with one key is billed once, and readUsage shows it',
    ({ readUsage }) => ({
      async readUsage(...all) {
        const read = await readUsage(...all)
        return read && { ...read, purchased: read.purchased * 2 }
      },
    }),
    /The usage read after it was reported twice: expected/,
  ],
  [
    'can not end twice',
    'ending a subscription that has ended is harmless',
    ({ cancel }) => {
      let ended = false
      return {
        cancel: async (...all) => {
          if (ended) throw new Error('It has ended already.')
          await cancel(...all)
          ended = true
        },
      }
    },
    /It has ended already/,
  ],
  [
    'answers an invoice that does not add up',
    'an invoice adds up, and a credit note corrects it',
    ({ reportUsage }) => ({
      async reportUsage(...all) {
        const { invoice, ...answer } = await reportUsage(...all)
        return invoice === undefined
          ? answer
          : { ...answer, invoice: { ...invoice, total: invoice.total + 1 } }
      },
    }),
    /The total of the invoice: expected/,
  ],
  [
    'credits without an end',
    'an invoice is not credited by more than its total, earlier credit notes included',
    claimsSuccess,
    /more than is left of the invoice, the call says that it succeeded/,
  ],
  ['gives up on a lost answer', `reportUsage ${lost}`, failing({ class: 'terminal' }), /class is "terminal"/],
  [
    'can not find',
    `ensureSubscription ${lost}`,
    () => ({ find: async () => undefined }),
    /ensureSubscription happened, its answer was lost, and find says that it never arrived/,
  ],
  [
    'waits for ever',
    `ensureCustomer ${tooLate}`,
    ({ ensureCustomer }) => ({
      ensureCustomer: (...all) => ensureCustomer(...all).catch(() => new Promise(() => undefined)),
    }),
    /the call had not ended after/,
  ],
  ['forgets Retry-After', limited, failing({ retryAfter: undefined }), /retryAfter, in milliseconds/],
  ['takes a limit for the end', limited, failing({ class: 'terminal' }), /429 .*class is "terminal"/],
  [
    'takes a 401 for the end',
    'a provider that refuses the credentials by 401 may be called again once they are mended',
    failing({ class: 'terminal' }),
    /401, .*class is "terminal"/,
  ],
  [
    'lets raw errors out',
    'a provider that fails by 500 is tried again',
    throwsPlainErrors,
    /500, .*it throws a TypeError\. Only a StepError may leave a plug-in/,
  ],
  [
    'takes any page for an answer',
    'an answer that is not what was agreed is a StepError',
    claimsSuccess,
    /HTML page, .*the call says that it succeeded/,
  ],
  [
    'asks people to correct what is down',
    'a provider that is down is tried again, and check says so',
    failing({ class: 'needs_input' }),
    /provider down, in check, the error’s class is "needs_input"/,
  ],
  ['quotes its secret', wrongCredentials, failing({ message: `No: ${providerSecret}` }), /quotes a secret/],
  ['names no next action', wrongCredentials, failing({ nextAction: '' }), /nextAction is empty/],
  [
    'does not check',
    wrongCredentials,
    () => ({ check: async () => undefined }),
    /in check, the call says that/,
  ],
  [
    'tries bad input again',
    'bad input asks for a correction or ends it, and has no effect',
    failing({ class: 'retryable' }),
    /bad input, the error’s class is "retryable"/,
  ],
  [
    'ignores the signal',
    'a signal that has aborted keeps a call from being made',
    ignoresSignals,
    /had aborted, in ensureCustomer, the call says that it succeeded/,
  ],
  [
    'ignores the signal',
    'a signal that aborts stops a call at once',
    ignoresSignals,
    /the call had not ended after 0\.\d+ seconds/,
  ],
]

test.each(cases)('an adapter that %s is found out by: %s', async (_, name, change, expected) => {
  expect(await verdict(billingAdapterChecks(brokenBy(change)), name)).toMatch(expected)
})

test('every check of the kit is seen to fail here', () => {
  const seen = new Set(cases.map(([, name]) => name))
  const checks = billingAdapterChecks(httpSubject(provider))
  expect(checks.filter(({ name }) => !seen.has(name))).toEqual([])
})
