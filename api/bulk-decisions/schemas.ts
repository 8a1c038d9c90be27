import { z } from 'zod'
import { nullableText } from '../http/text-schema.ts'
import { idempotencyKey } from '../http/idempotency-key.ts'
import { reason, undoAnswers } from '../decisions/schemas.ts'
import { onboardingFilter } from '../runs/onboarding-schemas.ts'
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
const action = z.enum(['retry', 'skip', 'cancel']).describe('The decision on each run.')

const filter = z
  .strictObject(onboardingFilter)
  .refine((given) => Object.values(given).some((value) => value !== undefined), {
    message: 'Name at least one of `status`, `step`, `code`, `organizationId`, `invitation` and `parentId`.',
  })
  .describe(
    'The filters of the list of onboardings, at least one. With `step` or `code`, only the matching steps are retried or skipped.',
  )

export const bulkDecisionBody = z
  .strictObject({
    action,
    filter,
    reason: reason.optional(),
    undo: undoAnswers.optional(),
    atOnce: z
      .int()
      .min(1)
      .max(100)
      .default(10)
      .describe('The most runs that may be in progress at the same time, 1 to 100. Default 10.'),
    dryRun: z
      .boolean()
      .default(false)
      .describe('Answers with the decisions that the request would make, and makes none. Default false.'),
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
  'idempotency-key': idempotencyKey.optional(),
})

export const bulkDryRun = z
  .object({
    action,
    count: z.int().describe('The number of decisions that would be made.'),
    stuckAt: z
      .array(z.object({ step: z.string(), code: z.string().nullable(), count: z.int() }))
      .describe('The stuck steps by error code, the most frequent first.'),
    items: z
      .array(z.object({ onboardingId: z.string(), step: z.string().nullable(), code: z.string().nullable() }))
      .describe('The first 20 decisions.'),
  })
  .meta({ id: 'BulkDryRun' })

export const bulkDecision = z
  .object({
    id: z.string(),
    status: z.enum(['running', 'closed']).describe('`closed` when no item will change any more.'),
    action,
    filter: z.object(onboardingFilter),
    reason: z.string(),
    undo: undoAnswers.nullable(),
    atOnce: z.int().describe('The most runs that may be in progress at the same time.'),
    total: z.int().describe('The number of items.'),
    counts: z.record(itemStatus, z.int()).describe('The number of items by status.'),
    workflow: z.object({ id: z.string(), uiUrl: z.string().nullable() }),
    acceptedAt: time,
    closedAt: time.nullable(),
  })
  .meta({ id: 'BulkDecision' })

export type BulkDecisionView = z.output<typeof bulkDecision>

const bulkItem = z
  .object({
    id: z.string().describe('The id of the decision, as in the decisions of the onboarding.'),
    onboardingId: z.string(),
    step: nullableText(
      'The step to decide on. Null: every stuck step, or for a cancel the whole onboarding.',
    ),
    status: itemStatus.describe(
      '`pending`: not sent yet. `sent`: the onboarding took the decision and is in progress. `needs_attention`: it is stuck ' +
        'again. `refused`: the decision was not made, and `refusal` names the reason. Else the status of the closed onboarding.',
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
