import { z } from 'zod'
import { billingAdapter, licenseCount } from '../accounts/schemas.ts'

const newBillingAdapter = billingAdapter.optional().describe('The billing adapter. Default: the present one.')

export const planBody = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('trial'),
      licenses: licenseCount
        .optional()
        .describe(
          'The number of licenses. Default: as now, or for a conversion that is taken back as before it.',
        ),
      billingAdapter: newBillingAdapter,
    }),
    z.strictObject({
      kind: z.literal('purchased'),
      licenses: licenseCount
        .nullable()
        .optional()
        .describe('The most licenses that may be assigned. Default or null: no limit.'),
      billingAdapter: newBillingAdapter,
    }),
  ])
  .meta({ id: 'PlanChange' })

export type PlanBody = z.output<typeof planBody>

export const planExamples = {
  convertTrial: { kind: 'purchased', licenses: 50 },
  switchBilling: { kind: 'purchased', licenses: 50, billingAdapter: 'stripe' },
  takeConversionBack: { kind: 'trial' },
} satisfies Record<string, z.input<typeof planBody>>
