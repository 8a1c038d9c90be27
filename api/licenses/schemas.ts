import { z } from 'zod'
import { nullableText } from '../http/text-schema.ts'

/** Allocated, assigned and used are three different numbers. */
export const licenses = z
  .object({
    plan: z
      .object({
        kind: z.enum(['trial', 'purchased']),
        status: z
          .enum(['active', 'expired', 'suspended', 'cancelled'])
          .describe('Devices take licenses only from an active plan. `expired`: the trial has ended.'),
        billingAdapter: z.string(),
        trialEndsAt: z.iso.datetime().nullable().describe('Null for a purchased plan.'),
      })
      .nullable()
      .describe('The plan of the pool. Null without a plan.'),
    poolOrganizationId: nullableText(
      'The organization with the pool: for a unit, its enterprise. Null without a pool.',
    ),
    allocated: z
      .int()
      .nullable()
      .describe('The licenses of the pool. Null for a purchased plan without a limit.'),
    assigned: z.int().describe('The devices that hold a license now.'),
    available: z
      .int()
      .nullable()
      .describe('The licenses that are not assigned. Null for a purchased plan without a limit.'),
    usedThisMonth: z
      .int()
      .describe('The distinct devices that held a license at any time in this calendar month (UTC).'),
  })
  .meta({ id: 'Licenses' })
