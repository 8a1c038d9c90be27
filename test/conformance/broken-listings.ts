import type { BillingAdapter, ListedSubscription } from '../../plugins/plugin-contract.ts'

/** Returns the methods that break an adapter. */
export type Break = (adapter: BillingAdapter) => Partial<BillingAdapter>

/** The fault of an adapter in words, the check that fails, the change that breaks the adapter, and the error of the check. */
export type Case = [string, string, Break, RegExp]

/** Breaks an adapter by a change of every subscription that it lists. */
const listing =
  (change: (subscription: ListedSubscription) => ListedSubscription): Break =>
  ({ listSubscriptions }) => ({
    listSubscriptions: async (...all) => {
      const page = await listSubscriptions?.(...all)
      return page && { ...page, subscriptions: page.subscriptions.map(change) }
    },
  })

const pageByPage = 'listSubscriptions returns each open subscription once, over all pages, with its ids'

export const listingCases: Case[] = [
  [
    'lists a wrong organization',
    pageByPage,
    listing((subscription) => ({ ...subscription, organizationId: 'org_1' })),
    /for an open subscription: expected/,
  ],
  [
    'always answers the same page',
    pageByPage,
    ({ listSubscriptions }) => ({
      listSubscriptions: async (call) => {
        const page = await listSubscriptions?.(call, { limit: 2 })
        return page && { ...page, next: '2' }
      },
    }),
    /returned the same cursor twice/,
  ],
  [
    'lists ended subscriptions as open',
    'listSubscriptions finds one subscription by its id, open or ended, and none for an unknown id',
    listing((subscription) => ({ ...subscription, status: 'open' })),
    /the id of an ended subscription: expected/,
  ],
]
