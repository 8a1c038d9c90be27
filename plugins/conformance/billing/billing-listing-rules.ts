import type { BillingAdapter, ListedSubscription, SubscriptionPage } from '../../plugin-contract.ts'
import { newSubscription, type CallAdapter, purchased, trial } from './billing-methods.ts'
import type { Harness } from './billing-harness.ts'
import { type Check, expectEffects, ensure, ensureSame } from '../check.ts'

/** Small, so that three subscriptions need a second page. */
const pageSize = 2

/** Rules for `listSubscriptions`, for an adapter that has it. */
export function listingRules(harness: Harness): Check[] {
  return [
    harness.check(
      'listSubscriptions returns each open subscription once, over all pages, with its ids',
      async (callAdapter, adapter) => {
        if (!(await canList(callAdapter, adapter))) return
        const opened = [
          await newSubscription(callAdapter, trial),
          await newSubscription(callAdapter, purchased),
          await newSubscription(callAdapter, purchased),
        ]
        await expectEffects(harness, 0, 'listSubscriptions', async () => {
          const listed = await everyPage(callAdapter)
          for (const subscription of opened) {
            const same = listed.filter(({ externalId }) => externalId === subscription.externalId)
            const what = 'The entry of listSubscriptions for an open subscription'
            ensureSame(same.map(withoutCreatedAt), [{ ...subscription, status: 'open' }], what)
          }
        })
      },
    ),
    harness.check(
      'listSubscriptions finds one subscription by its id, open or ended, and none for an unknown id',
      async (callAdapter, adapter) => {
        if (!(await canList(callAdapter, adapter))) return
        const subscription = await newSubscription(callAdapter, purchased)
        const ensureListed = async (externalId: string, expected: object[], which: string) => {
          const page = await list(callAdapter, { externalId })
          const what = `The result of listSubscriptions for ${which}`
          ensureSame(page.subscriptions.map(withoutCreatedAt), expected, what)
        }
        const { externalId } = subscription
        await ensureListed(
          externalId,
          [{ ...subscription, status: 'open' }],
          'the id of an open subscription',
        )
        await callAdapter((target, call) => target.cancel(call, subscription))
        const ended = { ...subscription, status: 'ended' }
        await ensureListed(externalId, [ended], 'the id of an ended subscription')
        await ensureListed('unknown-subscription', [], 'an id that the provider does not know')
      },
    ),
  ]
}

/** Whether the adapter lists subscriptions. An adapter that cannot returns undefined for every query. */
async function canList(callAdapter: CallAdapter, { listSubscriptions }: BillingAdapter): Promise<boolean> {
  if (listSubscriptions === undefined) return false
  return (await query(callAdapter, { limit: pageSize })) !== undefined
}

async function everyPage(callAdapter: CallAdapter): Promise<ListedSubscription[]> {
  const listed: ListedSubscription[] = []
  const seen = new Set<string>()
  for (let after: string | undefined; ; ) {
    const page = await list(callAdapter, { limit: pageSize, ...(after === undefined ? {} : { after }) })
    ensure(
      page.subscriptions.length <= pageSize,
      `A page of listSubscriptions has ${page.subscriptions.length}, though the limit is ${pageSize}.`,
    )
    listed.push(...page.subscriptions)
    if (page.next === undefined) return listed
    ensure(!seen.has(page.next), 'listSubscriptions returned the same cursor twice in `next`.')
    seen.add(page.next)
    after = page.next
  }
}

type Wanted = Parameters<NonNullable<BillingAdapter['listSubscriptions']>>[1]

async function list(callAdapter: CallAdapter, wanted: Wanted): Promise<SubscriptionPage> {
  const page = await query(callAdapter, wanted)
  ensure(page !== undefined, 'listSubscriptions returned undefined, after it had returned a page.')
  return page
}

function query(callAdapter: CallAdapter, wanted: Wanted): Promise<SubscriptionPage | undefined> {
  return callAdapter(async (adapter, call) => adapter.listSubscriptions?.(call, wanted))
}

function withoutCreatedAt({ createdAt, ...rest }: ListedSubscription) {
  ensure(
    createdAt instanceof Date && !Number.isNaN(createdAt.getTime()),
    'listSubscriptions returned a subscription without a valid createdAt.',
  )
  return rest
}
