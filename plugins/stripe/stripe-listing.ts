import type { Stripe } from 'stripe'
import type { ListedSubscription, SubscriptionPage } from '../plugin-contract.ts'
import { metadataOf, names } from './metadata.ts'
import { isMissing } from './stripe-errors.ts'
import { hasEnded } from './stripe-subscriptions.ts'

/**
 * Lists the subscriptions at Stripe with our metadata: a page of those that have not ended, or one subscription by its id. A page
 * leaves out subscriptions of other systems, so it can have fewer entries than its limit.
 */
export async function listSubscriptions(
  stripe: Stripe,
  wanted: { externalId: string } | { after?: string; limit: number },
): Promise<SubscriptionPage> {
  if ('externalId' in wanted) return { subscriptions: await listOne(stripe, wanted.externalId) }
  const { data, has_more: hasMore } = await stripe.subscriptions.list({
    limit: wanted.limit,
    ...(wanted.after === undefined ? {} : { starting_after: wanted.after }),
  })
  const last = hasMore ? data.at(-1) : undefined
  return {
    subscriptions: data.flatMap(toListed),
    ...(last === undefined ? {} : { next: last.id }),
  }
}

async function listOne(stripe: Stripe, externalId: string): Promise<ListedSubscription[]> {
  try {
    return toListed(await stripe.subscriptions.retrieve(externalId))
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

function toListed(subscription: Stripe.Subscription): ListedSubscription[] {
  const organizationId = metadataOf(subscription, names.organization)
  if (organizationId === undefined) return []
  const { id: externalId, customer, created } = subscription
  return [
    {
      externalId,
      customerExternalId: typeof customer === 'string' ? customer : customer.id,
      organizationId,
      status: hasEnded(subscription) ? 'ended' : 'open',
      createdAt: new Date(created * 1_000),
    },
  ]
}
