import { z } from 'zod'
import { accountTypes } from '../../domain/organizations/organization-types.ts'

/** The fields of an accepted request that the built-in steps read. The API has already validated the whole request. */
export const typeSchema = z.enum(accountTypes)

export const companySchema = z.object({
  name: z.string().min(1),
  country: z.string().length(2),
  state: z.string().min(1),
  city: z.string().exactOptional(),
  addressLine1: z.string().exactOptional(),
  postalCode: z.string().exactOptional(),
  phone: z.string().exactOptional(),
  website: z.string().exactOptional(),
  externalId: z.string().exactOptional(),
  notes: z.string().exactOptional(),
})

export const userSchema = z.object({ fullName: z.string().min(1), email: z.email() })

export const planSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('trial'),
    licenses: z.int().positive(),
    trialDays: z.int().positive(),
    billingAdapter: z.string(),
  }),
  z.object({
    kind: z.literal('purchased'),
    licenses: z.int().positive().exactOptional(),
    billingAdapter: z.string(),
  }),
])
