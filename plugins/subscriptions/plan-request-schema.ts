import { z } from 'zod'
import type { SubscriptionTerms } from '../plugin-contract.ts'

/** The parts of an accepted operation that the steps read. What accepted it has checked them in full before. */
export const planTermsSchema = z.object({
  kind: z.enum(['trial', 'purchased']),
  licenses: z.int().nullable(),
  trialEndsAt: z.iso.datetime().nullable(),
})

export const subscriptionAtProviderSchema = z.object({
  billingAdapter: z.string(),
  customerExternalId: z.string(),
  subscriptionExternalId: z.string(),
})

export const subscriptionSchema = planTermsSchema.extend(subscriptionAtProviderSchema.shape)

export const accountSchema = z.object({ organizationId: z.string() })

/** Of `stop-billing`, once it was undone: the subscription that took the place of the one which has ended. */
export const reopenedSchema = z.object({ reopenedExternalId: z.string().optional() })

/** The terms that an account comes back to. */
export function termsAgain(
  subscription: SubscriptionTerms,
  reopenedExternalId: string | undefined,
): SubscriptionTerms {
  return reopenedExternalId === undefined
    ? subscription
    : { ...subscription, subscriptionExternalId: reopenedExternalId }
}
