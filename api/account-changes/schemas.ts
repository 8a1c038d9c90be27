import { z } from 'zod'
import { idempotencyKey } from '../http/idempotency-key.ts'
import { longText } from '../http/text-schema.ts'
import { operationKinds } from '../runs/operation-schemas.ts'
import { stepPreview } from '../runs/step-preview-schema.ts'

export const changeQuery = z.strictObject({
  dryRun: z
    .stringbool()
    .default(false)
    .describe('Answers with what the request would do. Nothing is stored, started or sent. Default false.'),
})

export const changeHeaders = z.looseObject({
  'idempotency-key': idempotencyKey.optional(),
  prefer: z
    .string()
    .optional()
    .describe(
      '`wait=10` answers when the run is closed or needs attention, at the latest after 10 seconds. At most 60 seconds.',
    ),
})

export const standingBody = z
  .strictObject({ reason: longText(500).optional().describe('The reason, as recorded with the operation.') })
  .default({})

export const standingExamples = {
  suspend: { reason: 'The invoices of September and October were not paid.' },
  close: { reason: 'The contract has ended.' },
}

export const operationDryRun = z
  .object({
    kind: z.enum(operationKinds),
    request: z.record(z.string(), z.unknown()).describe('The request. Its fields depend on `kind`.'),
    steps: z.array(stepPreview).describe('The steps that would run, in order.'),
  })
  .meta({ id: 'OperationDryRun' })

export type OperationDryRunView = z.output<typeof operationDryRun>
