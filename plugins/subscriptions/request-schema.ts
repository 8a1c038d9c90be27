import { z } from 'zod'

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
