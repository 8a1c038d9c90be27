import type { BillingAdapter, ListedSubscription } from '../../plugins/plugin-contract.ts'

/** A way in which an adapter is broken. */
export type Break = (adapter: BillingAdapter) => Partial<BillingAdapter>

/** What such an adapter does, the check that finds it out, how it is broken, and what the check says. */
export type Case = [string, string, Break, RegExp]

/** What it lists is changed. */
const listing =
  (change: (subscription: ListedSubscription) => ListedSubscription): Break =>
  ({ listSubscriptions }) => ({
    listSubscriptions: async (...all) => {
      const page = await listSubscriptions?.(...all)
      return page && { ...page, subscriptions: page.subscriptions.map(change) }
    },
  })

const pageByPage = 'listSubscriptions has each open subscription once, page by page, with whose it is'

export const listingCases: Case[] = [
  [
    'leaves out the marks',
    pageByPage,
    listing((subscription) => ({ ...subscription, organizationId: 'org_1' })),
    /has of an open subscription: expected/,
  ],
  [
    'stays on one page',
    pageByPage,
    ({ listSubscriptions }) => ({
      listSubscriptions: async (call) => {
        const page = await listSubscriptions?.(call, { limit: 2 })
        return page && { ...page, next: '2' }
      },
    }),
    /comes to the same page again/,
  ],
  [
    'takes ended for open',
    'listSubscriptions answers for one by its id, also when it has ended, and nothing for an id it does not know',
    listing((subscription) => ({ ...subscription, status: 'open' })),
    /the id of an ended subscription: expected/,
  ],
]
