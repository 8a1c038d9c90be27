import { Stripe } from 'stripe'
import type { ListedSubscription, SubscriptionPage } from '../plugin-contract.ts'
import { names, noted } from './metadata.ts'
import { hasEnded } from './stripe-subscriptions.ts'

/**
 * The subscriptions at Stripe that name an organization of ours: a page of all that have not ended, or one. What was made
 * there by others is left out, so a page may be short of its limit.
 */
export async function listSubscriptions(
  stripe: Stripe,
  wanted: { externalId: string } | { after?: string; limit: number },
): Promise<SubscriptionPage> {
  if ('externalId' in wanted) return { subscriptions: await readOne(stripe, wanted.externalId) }
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

async function readOne(stripe: Stripe, externalId: string): Promise<ListedSubscription[]> {
  try {
    return toListed(await stripe.subscriptions.retrieve(externalId))
  } catch (error) {
    const isUnknown = error instanceof Stripe.errors.StripeInvalidRequestError && error.statusCode === 404
    if (isUnknown) return []
    throw error
  }
}

function toListed(subscription: Stripe.Subscription): ListedSubscription[] {
  const organizationId = noted(subscription, names.organization)
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
