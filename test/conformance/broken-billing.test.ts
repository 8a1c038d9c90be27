import { randomUUID } from 'node:crypto'
import { afterAll } from 'vitest'
import { billingAdapterChecks } from '../../plugins/conformance/kits.ts'
import type { BillingAdapter, BillingUsage, ListedSubscription } from '../../plugins/plugin-contract.ts'
import { providerSecret, startBillingProvider } from '../plugins/http/billing-provider.ts'
import { everyMethod, type Faults, testFaults, withCalls, withError, withPlugin } from './broken.ts'
import { httpSubject } from './subjects/http-subject.ts'

const provider = await startBillingProvider()
afterAll(() => provider.stop())

/** Returns the methods that break an adapter. */
type Break = (adapter: BillingAdapter) => Partial<BillingAdapter>

/** Breaks an adapter by a change of the result of every call. */
const answering =
  (change: (result: Promise<unknown>) => Promise<unknown>): Break =>
  (adapter) =>
    everyMethod(adapter, (method, all) => {
      const result = method(...(all as never[]))
      return result instanceof Promise ? change(result) : result
    })

/** Breaks an adapter by a change of every subscription that it lists. */
const listing =
  (change: (subscription: ListedSubscription) => ListedSubscription): Break =>
  ({ listSubscriptions }) => ({
    listSubscriptions: async (...all) => {
      const page = await listSubscriptions?.(...all)
      return page && { ...page, subscriptions: page.subscriptions.map(change) }
    },
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

const withEffect = [
  'ensureCustomer',
  'updateCustomer',
  'ensureSubscription',
  'changePlan',
  'reportUsage',
  'creditInvoice',
  'cancel',
]

/** Breaks an adapter so that a repeated `cancel` has another effect. Ending an ended subscription has none by itself. */
const marksEachEnd: Break = ({ cancel, ensureCustomer }) => ({
  async cancel(call, subscription) {
    await cancel(call, subscription)
    const { organizationId } = subscription
    await ensureCustomer({ ...call, idempotencyKey: randomUUID() }, { organizationId, name: 'x' })
  },
})

const forgetful = (name: string): [string, Break] =>
  name === 'cancel' ? ['makes a mark at each end', marksEachEnd] : ['forgets the key', forgetsKeys]
const lostKey = /but find returns undefined|expected (one effect|[24] effects), and counted [235]/
const forgotten = withEffect.map((name): Faults<Break> => {
  const [fault, change] = forgetful(name)
  return {
    [`${name} ${twice}`]: {
      [fault]: [change, /again with the same key: expected no effect, and counted 1/],
    },
    [`${name} ${lost}`]: { [fault]: [change, lostKey] },
    [`${name} ${tooLate}`]: { [fault]: [change, lostKey] },
  }
})

const afterForgetting =
  'has no second effect when find is asked first, even if the provider has forgotten the key'
const secondEffect = /after the provider had forgotten the key: expected no effect, and counted 1/
const askedFirst = withEffect.filter((name) => name !== 'updateCustomer')
const unmarked = askedFirst.map((name): Faults<Break> => {
  const [fault, change]: [string, Break] =
    name === 'cancel'
      ? forgetful(name)
      : ['has no marks on its objects', () => ({ find: async () => undefined })]
  return { [`${name} ${afterForgetting}`]: { [fault]: [change, secondEffect] } }
})

const others: Faults<Break> = {
  [`ensureCustomer ${twice}`]: {
    'has no effect': [
      () => ({ ensureCustomer: async () => ({ externalId: 'cus_1' }) }),
      /ensureCustomer had no effect that could be counted/,
    ],
    'answers another id the second time': [
      ({ ensureCustomer }) => ({
        ensureCustomer: async (...all) => (await ensureCustomer(...all)) && { externalId: randomUUID() },
      }),
      /The answer to ensureCustomer again with the same key: expected/,
    ],
  },
  'updateCustomer changes the name of the customer, and its subscription can be billed afterwards': {
    'keeps the first name': [
      () => ({ updateCustomer: async () => undefined }),
      /The name of a customer after updateCustomer: expected "First Inc."/,
    ],
  },
  [`changePlan ${twice}`]: {
    'finds another id': [
      () => ({ find: async () => ({ externalId: 'other' }) }),
      /The answer that find returns for the key of changePlan/,
    ],
  },
  'check succeeds when the provider is up, and has no effect': {
    'has an effect in check': [
      ({ ensureCustomer }) => ({
        async check(signal) {
          await ensureCustomer(
            { idempotencyKey: randomUUID(), signal },
            { organizationId: 'org_1', name: 'x' },
          )
        },
      }),
      /check: expected no effect, and counted 1/,
    ],
  },
  'find returns undefined for a key that was never used': {
    'finds a call that was never made': [
      () => ({ find: async () => ({ externalId: 'cus_1' }) }),
      /never used: expected undefined, and got/,
    ],
  },
  'preview returns a summary for each kind of plan, and has no effect': {
    'has an empty preview': [() => ({ preview: () => ({ summary: ' ' }) }), /no summary for a trial plan/],
  },
  'readUsage returns undefined for a month that was not reported': {
    'answers zero for usage that was not reported': [
      () => ({ readUsage: async () => ({ trial: 0, purchased: 0 }) }),
      /not reported: expected undefined, and got/,
    ],
  },
  'listSubscriptions returns each open subscription once, over all pages, with its ids': {
    'lists a wrong organization': [
      listing((subscription) => ({ ...subscription, organizationId: 'org_1' })),
      /for an open subscription: expected/,
    ],
    'always answers the same page': [
      ({ listSubscriptions }) => ({
        listSubscriptions: async (call) => {
          const page = await listSubscriptions?.(call, { limit: 2 })
          return page && { ...page, next: '2' }
        },
      }),
      /returned the same cursor twice/,
    ],
  },
  'listSubscriptions finds one subscription by its id, open or ended, and none for an unknown id': {
    'lists ended subscriptions as open': [
      listing((subscription) => ({ ...subscription, status: 'open' })),
      /the id of an ended subscription: expected/,
    ],
  },
  'parseWebhook refuses a webhook without a signature': {
    'accepts every webhook': [
      () => ({ parseWebhook: () => ({ id: 'evt_1', type: 'ignored' as const }) }),
      /without a signature, the call succeeded/,
    ],
  },
  'changePlan works in both directions, and the subscription can be billed afterwards': {
    'answers another subscription when the plan changes': [
      () => ({ changePlan: async () => ({ externalId: 'sub_other' }) }),
      /refused the call \(HTTP status 404\)/,
    ],
  },
  'usage reported twice with the same key is billed once, and readUsage returns it': {
    'doubles the usage': [
      ({ readUsage }) => ({
        async readUsage(...all) {
          const read = await readUsage(...all)
          return read && { ...read, purchased: read.purchased * 2 }
        },
      }),
      /The usage read after it was reported twice: expected/,
    ],
  },
  'a second report of a month is billed in addition to the first': {
    'takes a report for all usage of the month': [
      ({ reportUsage, readUsage }) => {
        let last: BillingUsage | undefined
        return {
          reportUsage(call, report) {
            last = report.usage
            return reportUsage(call, report)
          },
          readUsage: async (...all) => (await readUsage(...all)) && last,
        }
      },
      /The usage read after two reports: expected/,
    ],
  },
  'cancel succeeds for a subscription that has ended': {
    'can not end twice': [
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
  },
  'an invoice adds up, and a credit note corrects it': {
    'answers an invoice with a wrong total': [
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
  },
  'creditInvoice refuses more than the total of the invoice less earlier credit notes': {
    'credits without a limit': [claimsSuccess, /more than is left of the invoice, the call succeeded/],
  },
  [`reportUsage ${lost}`]: {
    'makes a lost answer terminal': [failing({ class: 'terminal' }), /class is "terminal"/],
  },
  [`ensureSubscription ${lost}`]: {
    'finds nothing': [
      () => ({ find: async () => undefined }),
      /ensureSubscription happened and its answer was lost, but find returns undefined/,
    ],
  },
  [`ensureCustomer ${tooLate}`]: {
    'ignores its deadline': [
      ({ ensureCustomer }) => ({
        ensureCustomer: (...all) => ensureCustomer(...all).catch(() => new Promise(() => undefined)),
      }),
      /the call had not ended after/,
    ],
  },
  'a 429 answer is retryable after the time in Retry-After': {
    'ignores Retry-After': [failing({}), /retryAfter, in milliseconds/],
    'makes a rate limit terminal': [failing({ class: 'terminal' }), /429 .*class is "terminal"/],
  },
  'a 401 answer is not terminal, so the call can be retried with correct credentials': {
    'makes wrong credentials terminal': [failing({ class: 'terminal' }), /401, .*class is "terminal"/],
  },
  'a 500 answer is retryable or has an unknown outcome': {
    'throws plain errors': [
      throwsPlainErrors,
      /500, .*the call threw a TypeError\. A plug-in may throw only a StepError/,
    ],
  },
  'an HTML page as answer is a StepError': {
    'accepts an unreadable answer': [claimsSuccess, /HTML page, .*the call succeeded/],
  },
  'a provider that is down is retryable, and check fails': {
    'needs input when the provider is down': [
      failing({ class: 'needs_input' }),
      /provider down, in check, the error’s class is "needs_input"/,
    ],
  },
  'check and every call fail with wrong credentials, and no error quotes them': {
    'quotes its secret': [failing({ message: `No: ${providerSecret}` }), /quotes a secret/],
    'has no next action': [failing({ nextAction: '' }), /has no nextAction/],
    'checks nothing': [() => ({ check: async () => undefined }), /in check, the call succeeded/],
  },
  'bad input is refused as needs_input or terminal, and has no effect': {
    'makes bad input retryable': [
      failing({ class: 'retryable' }),
      /bad input, the error’s class is "retryable"/,
    ],
  },
  'a signal that has aborted prevents every call': {
    'ignores the signal': [ignoresSignals, /had aborted, in ensureCustomer, the call succeeded/],
  },
  'a signal that aborts during a call ends the call at once': {
    'ignores the signal': [ignoresSignals, /the call had not ended after 0\.\d+ seconds/],
  },
}

const subject = httpSubject(provider)
testFaults('an adapter', [others, ...forgotten, ...unmarked], billingAdapterChecks(subject), (change) =>
  billingAdapterChecks(
    withPlugin(subject, (plugin) => ({
      ...plugin,
      billing: (plugin.billing ?? []).map((adapter) => ({ ...adapter, ...change(adapter) })),
    })),
  ),
)
