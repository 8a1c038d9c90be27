import { z } from 'zod'
import type { StepReference, SubscriptionTerms } from '../plugin-contract.ts'

/** The fields of an accepted request that the steps read. The whole request was validated when it was accepted. */
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

/**
 * The step `stop-billing`, for the steps before it: its output after it was undone, the subscription that replaces the ended one.
 */
export const stoppedBilling = {
  id: 'stop-billing',
  version: 1,
  operations: ['switch-billing', 'suspend-account', 'close-account'],
  output: z.object({ reopenedExternalId: z.string().exactOptional() }),
} as const satisfies StepReference

/** The terms of an account after undoing, with the subscription that replaces an ended one. */
export function restoredTerms(
  subscription: SubscriptionTerms,
  reopenedExternalId: string | undefined,
): SubscriptionTerms {
  return reopenedExternalId === undefined
    ? subscription
    : { ...subscription, subscriptionExternalId: reopenedExternalId }
}
