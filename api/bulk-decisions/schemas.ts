import { z } from 'zod'
import { cancelBody, onboardingFilter, reason } from '../runs/onboarding-schemas.ts'
import { listOf, pageQuery } from '../http/list-schema.ts'

const time = z.iso.datetime()
const itemStatus = z.enum([
  'pending',
  'sent',
  'completed',
  'needs_attention',
  'cancelled',
  'failed',
  'refused',
])
const action = z.enum(['retry', 'skip', 'cancel'])

const filter = z
  .strictObject(onboardingFilter)
  .refine((given) => Object.values(given).some((value) => value !== undefined), {
    message: 'Name at least one of `status`, `step`, `code`, `organizationId`, `invitation` and `parentId`.',
  })
  .describe(
    'Which onboardings are meant, as in the list. With `step` or `code`, only the steps that are stuck there.',
  )

export const bulkDecisionBody = z
  .strictObject({
    action,
    filter,
    reason: reason.optional(),
    undo: cancelBody.unwrap().shape.undo,
    atOnce: z
      .int()
      .min(1)
      .max(100)
      .default(10)
      .describe('How many of them may be under way at the same time.'),
    dryRun: z
      .boolean()
      .default(false)
      .describe('Answers with the decisions that would be made. None is made.'),
  })
  .refine(({ dryRun, reason: given }) => dryRun || given !== undefined, {
    path: ['reason'],
    message: 'Give a reason: it is kept in the audit trail of each run.',
  })
  .refine((body) => body.action !== 'skip' || body.filter.step !== undefined, {
    path: ['filter', 'step'],
    message: 'Name the step to skip.',
  })
  .refine((body) => body.action === 'cancel' || body.undo === undefined, {
    path: ['undo'],
    message: 'Leave out `undo`: only a cancel can have it.',
  })

export const bulkDecisionHeaders = z.looseObject({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, 'Use 1 to 255 visible ASCII characters.')
    .optional()
    .describe('The same key and body answer with the same decision in bulk, however often they are sent.'),
})

/** The answer to a dry run of a decision in bulk. */
export const bulkDryRun = z
  .object({
    action,
    count: z.int().describe('How many decisions would be made.'),
    stuckAt: z
      .array(z.object({ step: z.string(), code: z.string().nullable(), count: z.int() }))
      .describe('Where they are stuck, the most frequent first.'),
    items: z
      .array(z.object({ onboardingId: z.string(), step: z.string().nullable(), code: z.string().nullable() }))
      .describe('The first of them.'),
  })
  .meta({ id: 'BulkDryRun' })

export const bulkDecision = z
  .object({
    id: z.string(),
    status: z.enum(['running', 'closed']),
    action,
    filter: z.object(onboardingFilter),
    reason: z.string(),
    undo: z.record(z.string(), z.enum(['undo', 'keep'])).nullable(),
    atOnce: z.int(),
    total: z.int(),
    counts: z.record(itemStatus, z.int()).describe('How many items have each status.'),
    workflow: z.object({ id: z.string(), uiUrl: z.string().nullable() }),
    acceptedAt: time,
    closedAt: time.nullable(),
  })
  .meta({ id: 'BulkDecision' })

export type BulkDecisionView = z.output<typeof bulkDecision>

const bulkItem = z
  .object({
    id: z.string().describe('Of the decision, as below `/decisions` of the onboarding.'),
    onboardingId: z.string(),
    step: z.string().nullable().describe('Null: every step that is stuck, or the onboarding as a whole.'),
    status: itemStatus.describe(
      '`sent`: the onboarding took the decision and is under way; `needs_attention`: it is stuck again; `refused`: it ' +
        'was not decided on, and `refusal` says why.',
    ),
    refusal: z.string().nullable(),
    updatedAt: time,
  })
  .meta({ id: 'BulkDecisionItem' })

export const bulkItemList = listOf(bulkItem)
export const bulkItemQuery = z.strictObject({ ...pageQuery, status: itemStatus.optional() })

export const bulkExamples = {
  mailIsBack: {
    action: 'retry',
    filter: { status: 'needs_attention', code: 'mail_unreachable' },
    reason: 'The mail server is back.',
    atOnce: 20,
  },
}
