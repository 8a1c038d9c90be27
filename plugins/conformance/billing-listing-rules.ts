import type { BillingAdapter, BillingSubscription, ListedSubscription } from '../plugin-contract.ts'
import { aSubscription, type Calling, newKey, purchased, trial } from './billing-operations.ts'
import type { Stage } from './billing-stage.ts'
import { type Check, countingEffects, ensure, ensureSame } from './check.ts'

/** Small, so that three subscriptions are more than a page. */
const limit = 2

/** What was opened is found again by its marks, where the adapter can list at all. */
export function listingRules(stage: Stage): Check[] {
  return [
    {
      name: 'listSubscriptions has each open subscription once, page by page, with whose it is',
      run: () =>
        stage.on(async (adapter, calling) => {
          if (!(await canList(adapter, calling))) return
          const opened = [
            await aSubscription(adapter, calling, trial),
            await aSubscription(adapter, calling, purchased),
            await aSubscription(adapter, calling, purchased),
          ]
          await countingEffects(stage, 0, 'listSubscriptions', async () => {
            const listed = await everyPage(adapter, calling)
            for (const subscription of opened) {
              const same = listed.filter(({ externalId }) => externalId === subscription.externalId)
              ensureSame(
                same.map(marksOf),
                [{ ...subscription, status: 'open' }],
                'What listSubscriptions has of an open subscription',
              )
            }
          })
        }),
    },
    {
      name: 'listSubscriptions answers for one by its id, also when it has ended, and nothing for an id it does not know',
      run: () =>
        stage.on(async (adapter, calling) => {
          if (!(await canList(adapter, calling))) return
          const subscription = await aSubscription(adapter, calling, purchased)
          ensureSame(
            (await byId(adapter, calling, subscription)).map(marksOf),
            [{ ...subscription, status: 'open' }],
            'What listSubscriptions answers for the id of an open subscription',
          )
          await calling(adapter, newKey(), (on, call) => on.cancel(call, subscription))
          ensureSame(
            (await byId(adapter, calling, subscription)).map(marksOf),
            [{ ...subscription, status: 'ended' }],
            'What listSubscriptions answers for the id of an ended subscription',
          )
          ensureSame(
            await byId(adapter, calling, { externalId: 'nobody-knows-this-id' }),
            [],
            'What listSubscriptions answers for an id that the provider does not know',
          )
        }),
    },
  ]
}

/** One that can't says so for whatever it is asked. */
async function canList(adapter: BillingAdapter, calling: Calling): Promise<boolean> {
  if (adapter.listSubscriptions === undefined) return false
  const page = await calling(adapter, newKey(), (on, call) => listWith(on)(call, { limit }))
  return page !== undefined
}

async function everyPage(adapter: BillingAdapter, calling: Calling): Promise<ListedSubscription[]> {
  const listed: ListedSubscription[] = []
  const seen = new Set<string>()
  for (let after: string | undefined; ; ) {
    const wanted = { limit, ...(after === undefined ? {} : { after }) }
    const page = await calling(adapter, newKey(), (on, call) => listWith(on)(call, wanted))
    ensure(page !== undefined, 'listSubscriptions says that it can not list, after it did.')
    ensure(
      page.subscriptions.length <= limit,
      `A page of listSubscriptions has ${page.subscriptions.length}, though at most ${limit} were asked for.`,
    )
    listed.push(...page.subscriptions)
    if (page.next === undefined) return listed
    ensure(!seen.has(page.next), 'listSubscriptions comes to the same page again.')
    seen.add(page.next)
    after = page.next
  }
}

async function byId(
  adapter: BillingAdapter,
  calling: Calling,
  { externalId }: Pick<BillingSubscription, 'externalId'>,
): Promise<ListedSubscription[]> {
  const page = await calling(adapter, newKey(), (on, call) => listWith(on)(call, { externalId }))
  ensure(page !== undefined, 'listSubscriptions says that it can not list, after it did.')
  return page.subscriptions
}

function listWith({ id, listSubscriptions }: BillingAdapter) {
  ensure(listSubscriptions !== undefined, `The adapter "${id}" has no listSubscriptions any more.`)
  return listSubscriptions
}

function marksOf({ createdAt, ...marks }: ListedSubscription) {
  ensure(
    createdAt instanceof Date && !Number.isNaN(createdAt.getTime()),
    'listSubscriptions does not say when a subscription was made.',
  )
  return marks
}
