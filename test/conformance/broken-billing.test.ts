import { randomUUID } from 'node:crypto'
import { afterAll, expect, test } from 'vitest'
import { billingAdapterChecks, type ProviderSubject } from '../../plugins/conformance/kits.ts'
import type { Plugin } from '../../plugins/plugin-contract.ts'
import { providerSecret, startBillingProvider } from '../plugins/http/billing-provider.ts'
import { everyMethod, resultOf, withCalls, withError } from './broken.ts'
import { type Break, type Case, listingCases } from './broken-listings.ts'
import { httpSubject } from './subjects/http-subject.ts'

const provider = await startBillingProvider()
afterAll(() => provider.stop())

/** The subject `http` with a broken adapter. */
function brokenBy(change: Break): ProviderSubject {
  const subject = httpSubject(provider)
  const breaking = (plugin: Plugin): Plugin => {
    const billing = plugin.billing?.map((adapter) => ({ ...adapter, ...change(adapter) }))
    return { ...plugin, billing: billing ?? [] }
  }
  return {
    ...subject,
    connect: (url) => breaking(subject.connect(url)),
    connectWithWrongCredentials: (url) => breaking(subject.connectWithWrongCredentials(url)),
  }
}

/** Breaks an adapter by a change of the result of every call. */
const answering =
  (change: (result: Promise<unknown>) => Promise<unknown>): Break =>
  (adapter) =>
    everyMethod(adapter, (method, all) => {
      const result = method(...(all as never[]))
      return result instanceof Promise ? change(result) : result
    })

const failing = (change: Parameters<typeof withError>[1]): Break =>
  answering((result) => withError(result, change))
const forgetsKeys: Break = (adapter) =>
  withCalls(adapter, (call) => ({ ...call, idempotencyKey: `${call.idempotencyKey}:${randomUUID()}` }))
const ignoresSignals: Break = (adapter) =>
  withCalls(adapter, (call) => ({ ...call, signal: new AbortController().signal }))
const throwsPlainErrors = answering((result) =>
  result.catch(() => Promise.reject(new TypeError('fetch failed'))),
)
const claimsSuccess = answering((result) => result.catch(() => ({ externalId: 'made-up' })))
const tooLate = 'with a late answer can be found, and repeated without a second effect'
const lost = 'with a lost answer can be found, and repeated without a second effect'
const twice = 'called twice with the same key has one effect, and returns the same answer'
const limited = 'a 429 answer is retryable after the time in Retry-After'
const wrongCredentials = 'check and every call fail with wrong credentials, and no error quotes them'

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
      /but find returns undefined|expected one effect, and counted 2/,
    ],
    [
      'forgets the key',
      `${name} ${tooLate}`,
      forgetsKeys,
      /but find returns undefined|expected one effect, and counted 2/,
    ],
  ]),
  [
    'has no effect',
    `ensureCustomer ${twice}`,
    () => ({ ensureCustomer: async () => ({ externalId: 'cus_1' }) }),
    /ensureCustomer had no effect that could be counted/,
  ],
  [
    'answers another id the second time',
    `ensureCustomer ${twice}`,
    ({ ensureCustomer }) => ({
      ensureCustomer: async (...all) => (await ensureCustomer(...all)) && { externalId: randomUUID() },
    }),
    /The answer to ensureCustomer again with the same key: expected/,
  ],
  [
    'finds another id',
    `changePlan ${twice}`,
    () => ({ find: async () => ({ externalId: 'other' }) }),
    /The externalId that find returns for the key of changePlan/,
  ],
  [
    'has an effect in check',
    'check succeeds when the provider is up, and has no effect',
    ({ ensureCustomer }) => ({
      async check(signal) {
        await ensureCustomer({ idempotencyKey: randomUUID(), signal }, { organizationId: 'org_1', name: 'x' })
      },
    }),
    /check: expected no effect, and counted 1/,
  ],
  [
    'finds a call that was never made',
    'find returns undefined for a key that was never used',
    () => ({ find: async () => ({ externalId: 'cus_1' }) }),
    /never used: expected undefined, and got/,
  ],
  [
    'has an empty preview',
    'preview returns a summary for each kind of plan, and has no effect',
    () => ({ preview: () => ({ summary: ' ' }) }),
    /preview has no summary for a trial plan/,
  ],
  [
    'answers zero for usage that was not reported',
    'readUsage returns undefined for a month that was not reported',
    () => ({ readUsage: async () => ({ trial: 0, purchased: 0 }) }),
    /not reported: expected undefined, and got/,
  ],
  ...listingCases,
  [
    'accepts every webhook',
    'parseWebhook refuses a webhook without a signature',
    () => ({ parseWebhook: () => ({ id: 'evt_1', type: 'ignored' as const }) }),
    /without a signature, the call succeeded/,
  ],
  [
    'answers another subscription when the plan changes',
    'changePlan works in both directions, and the subscription can be billed afterwards',
    () => ({ changePlan: async () => ({ externalId: 'sub_other' }) }),
    /refused the call \(HTTP status 404\)/,
  ],
  [
    'doubles the usage',
    'usage reported twice with the same key is billed once, and readUsage returns it',
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
    'cancel succeeds for a subscription that has ended',
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
    'answers an invoice with a wrong total',
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
    'credits without a limit',
    'creditInvoice refuses more than the total of the invoice less earlier credit notes',
    claimsSuccess,
    /more than is left of the invoice, the call succeeded/,
  ],
  [
    'makes a lost answer terminal',
    `reportUsage ${lost}`,
    failing({ class: 'terminal' }),
    /class is "terminal"/,
  ],
  [
    'finds nothing',
    `ensureSubscription ${lost}`,
    () => ({ find: async () => undefined }),
    /ensureSubscription happened and its answer was lost, but find returns undefined/,
  ],
  [
    'ignores its deadline',
    `ensureCustomer ${tooLate}`,
    ({ ensureCustomer }) => ({
      ensureCustomer: (...all) => ensureCustomer(...all).catch(() => new Promise(() => undefined)),
    }),
    /the call had not ended after/,
  ],
  ['ignores Retry-After', limited, failing({ retryAfter: undefined }), /retryAfter, in milliseconds/],
  ['makes a rate limit terminal', limited, failing({ class: 'terminal' }), /429 .*class is "terminal"/],
  [
    'makes wrong credentials terminal',
    'a 401 answer is not terminal, so the call can be retried with correct credentials',
    failing({ class: 'terminal' }),
    /401, .*class is "terminal"/,
  ],
  [
    'throws plain errors',
    'a 500 answer is retryable or has an unknown outcome',
    throwsPlainErrors,
    /500, .*the call threw a TypeError\. A plug-in may throw only a StepError/,
  ],
  [
    'accepts an unreadable answer',
    'an HTML page as answer is a StepError',
    claimsSuccess,
    /HTML page, .*the call succeeded/,
  ],
  [
    'needs input when the provider is down',
    'a provider that is down is retryable, and check fails',
    failing({ class: 'needs_input' }),
    /provider down, in check, the error’s class is "needs_input"/,
  ],
  ['quotes its secret', wrongCredentials, failing({ message: `No: ${providerSecret}` }), /quotes a secret/],
  ['has no next action', wrongCredentials, failing({ nextAction: '' }), /has no nextAction/],
  [
    'checks nothing',
    wrongCredentials,
    () => ({ check: async () => undefined }),
    /in check, the call succeeded/,
  ],
  [
    'makes bad input retryable',
    'bad input is refused as needs_input or terminal, and has no effect',
    failing({ class: 'retryable' }),
    /bad input, the error’s class is "retryable"/,
  ],
  [
    'ignores the signal',
    'a signal that has aborted prevents every call',
    ignoresSignals,
    /had aborted, in ensureCustomer, the call succeeded/,
  ],
  [
    'ignores the signal',
    'a signal that aborts during a call ends the call at once',
    ignoresSignals,
    /the call had not ended after 0\.\d+ seconds/,
  ],
]

test.each(cases)('an adapter that %s fails the check: %s', async (_, name, change, expected) => {
  expect(await resultOf(billingAdapterChecks(brokenBy(change)), name)).toMatch(expected)
})

test('every check of the kit fails for one of these adapters', () => {
  const covered = new Set(cases.map(([, name]) => name))
  const checks = billingAdapterChecks(httpSubject(provider))
  expect(checks.filter(({ name }) => !covered.has(name))).toEqual([])
})
