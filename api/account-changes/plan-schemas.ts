import { z } from 'zod'
import { billingAdapter, licenseCount } from '../accounts/schemas.ts'
import { operationKinds } from '../runs/operation-schemas.ts'
import { stepPreview } from '../runs/step-preview-schema.ts'
import { longText } from '../http/text-schema.ts'

/** The plan as it shall be. What is left out of a purchased plan, as its limit, it does not have. */
export const planBody = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('trial'),
      licenses: licenseCount
        .optional()
        .describe('How many the trial has. Left out: as many as now, or as before the conversion.'),
      billingAdapter: billingAdapter.optional(),
    }),
    z.strictObject({
      kind: z.literal('purchased'),
      licenses: licenseCount.nullable().optional().describe('The upper limit. Left out or null: none.'),
      billingAdapter: billingAdapter.optional(),
    }),
  ])
  .meta({ id: 'PlanChange' })

export type PlanBody = z.output<typeof planBody>

export const planExamples = {
  convertTrial: { kind: 'purchased', licenses: 50 },
  switchBilling: { kind: 'purchased', licenses: 50, billingAdapter: 'stripe' },
  takeConversionBack: { kind: 'trial' },
} satisfies Record<string, z.input<typeof planBody>>

export const accountStatusBody = z
  .strictObject({ reason: longText(500).optional().describe('Kept with the operation.') })
  .default({})

export const accountStatusExamples = {
  suspend: { reason: 'The invoices of September and October were not paid.' },
  close: { reason: 'The contract has ended.' },
}

/** The answer to a dry run of an operation. */
export const operationDryRun = z
  .object({
    kind: z.enum(operationKinds),
    request: z.record(z.string(), z.unknown()),
    steps: z.array(stepPreview),
  })
  .meta({ id: 'OperationDryRun' })

export type OperationDryRunView = z.output<typeof operationDryRun>
