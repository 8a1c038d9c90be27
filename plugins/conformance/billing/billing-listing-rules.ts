import type { BillingAdapter, BillingSubscription, ListedSubscription } from '../../plugin-contract.ts'
import { newSubscription, type CallAdapter, newKey, purchased, trial } from './billing-methods.ts'
import type { Harness } from './billing-harness.ts'
import { type Check, expectEffects, ensure, ensureSame } from '../check.ts'

/** Small, so that three subscriptions need a second page. */
const pageSize = 2

/** Rules for `listSubscriptions`, for an adapter that has it. */
export function listingRules(harness: Harness): Check[] {
  return [
    {
      name: 'listSubscriptions returns each open subscription once, over all pages, with its ids',
      run: () =>
        harness.use(async (adapter, callAdapter) => {
          if (!(await canList(adapter, callAdapter))) return
          const opened = [
            await newSubscription(adapter, callAdapter, trial),
            await newSubscription(adapter, callAdapter, purchased),
            await newSubscription(adapter, callAdapter, purchased),
          ]
          await expectEffects(harness, 0, 'listSubscriptions', async () => {
            const listed = await everyPage(adapter, callAdapter)
            for (const subscription of opened) {
              const same = listed.filter(({ externalId }) => externalId === subscription.externalId)
              ensureSame(
                same.map(withoutCreatedAt),
                [{ ...subscription, status: 'open' }],
                'The entry of listSubscriptions for an open subscription',
              )
            }
          })
        }),
    },
    {
      name: 'listSubscriptions finds one subscription by its id, open or ended, and none for an unknown id',
      run: () =>
        harness.use(async (adapter, callAdapter) => {
          if (!(await canList(adapter, callAdapter))) return
          const subscription = await newSubscription(adapter, callAdapter, purchased)
          ensureSame(
            (await byId(adapter, callAdapter, subscription)).map(withoutCreatedAt),
            [{ ...subscription, status: 'open' }],
            'The result of listSubscriptions for the id of an open subscription',
          )
          await callAdapter(adapter, newKey(), (target, call) => target.cancel(call, subscription))
          ensureSame(
            (await byId(adapter, callAdapter, subscription)).map(withoutCreatedAt),
            [{ ...subscription, status: 'ended' }],
            'The result of listSubscriptions for the id of an ended subscription',
          )
          ensureSame(
            await byId(adapter, callAdapter, { externalId: 'unknown-subscription' }),
            [],
            'The result of listSubscriptions for an id that the provider does not know',
          )
        }),
    },
  ]
}

/** Whether the adapter lists subscriptions. An adapter that cannot returns undefined for every query. */
async function canList(adapter: BillingAdapter, callAdapter: CallAdapter): Promise<boolean> {
  if (adapter.listSubscriptions === undefined) return false
  const page = await callAdapter(adapter, newKey(), (target, call) =>
    listWith(target)(call, { limit: pageSize }),
  )
  return page !== undefined
}

async function everyPage(adapter: BillingAdapter, callAdapter: CallAdapter): Promise<ListedSubscription[]> {
  const listed: ListedSubscription[] = []
  const seen = new Set<string>()
  for (let after: string | undefined; ; ) {
    const wanted = { limit: pageSize, ...(after === undefined ? {} : { after }) }
    const page = await callAdapter(adapter, newKey(), (target, call) => listWith(target)(call, wanted))
    ensure(page !== undefined, 'listSubscriptions returned undefined, after it had returned a page.')
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

async function byId(
  adapter: BillingAdapter,
  callAdapter: CallAdapter,
  { externalId }: Pick<BillingSubscription, 'externalId'>,
): Promise<ListedSubscription[]> {
  const page = await callAdapter(adapter, newKey(), (target, call) => listWith(target)(call, { externalId }))
  ensure(page !== undefined, 'listSubscriptions returned undefined, after it had returned a page.')
  return page.subscriptions
}

function listWith({ id, listSubscriptions }: BillingAdapter) {
  ensure(listSubscriptions !== undefined, `The adapter "${id}" has no listSubscriptions.`)
  return listSubscriptions
}

function withoutCreatedAt({ createdAt, ...rest }: ListedSubscription) {
  ensure(
    createdAt instanceof Date && !Number.isNaN(createdAt.getTime()),
    'listSubscriptions returned a subscription without a valid createdAt.',
  )
  return rest
}
