import { z } from 'zod'

/** Allocated, assigned and used are three different numbers. */
export const licenses = z
  .object({
    plan: z
      .object({
        kind: z.enum(['trial', 'purchased']),
        status: z.enum(['active', 'expired', 'suspended', 'cancelled']),
        billingAdapter: z.string(),
        trialEndsAt: z.iso.datetime().nullable(),
      })
      .nullable(),
    poolOrganizationId: z
      .string()
      .nullable()
      .describe('Whose pool it is: for a unit, that of its enterprise.'),
    allocated: z.int().nullable().describe('Null for a purchased plan without a limit.'),
    assigned: z.int().describe('Devices that hold a license now.'),
    available: z.int().nullable().describe('Null for a purchased plan without a limit.'),
    usedThisMonth: z.int().describe('Distinct devices that held a license in this calendar month (UTC).'),
  })
  .meta({ id: 'Licenses' })
