import { z } from 'zod'
import { listOf } from '../http/list-schema.ts'
import { longText, nullableText, text } from '../http/text-schema.ts'

const time = z.iso.datetime()
const stepId = text(100).describe('The id of a step, such as `create-user`.')
export const undoAnswers = z
  .record(stepId, z.enum(['undo', 'keep']))
  .describe('Whether to undo or keep the effect of each step with undo policy `ask`, by step id.')

export const reason = longText(500).describe('The reason, as recorded in the audit trail.')

export const retryBody = z
  .strictObject({
    step: stepId.optional().describe('The id of the step to retry. Default: every stuck step.'),
    input: z
      .record(z.string(), z.unknown())
      .optional()
      .describe(
        'A correction of the request as a JSON merge patch (RFC 7396). It may change only fields that the step reads, and that no ' +
          'other step has used.',
      ),
    reason: reason.optional(),
  })
  .default({})

export const skipBody = z.strictObject({ step: stepId, reason })

export const cancelBody = z
  .strictObject({ reason: reason.optional(), undo: undoAnswers.optional() })
  .default({})

export const decisionExamples = {
  retryWithCorrection: {
    step: 'create-user',
    input: { user: { email: 'grace@northwind.example' } },
    reason: 'The first address belonged to somebody else.',
  },
  skip: { step: 'notify-user', reason: 'The user was told by phone.' },
  cancel: { reason: 'Ordered twice.' },
}

const decision = z
  .object({
    id: z.string(),
    action: z.enum(['retry', 'skip', 'cancel']),
    step: nullableText('The step to decide on. Null: every stuck step, or for a cancel the whole run.'),
    source: z
      .enum(['api', 'signal', 'clock', 'bulk'])
      .describe(
        '`api`: one request. `bulk`: a bulk decision. `signal`: a signal, sent from Temporal. `clock`: nobody decided in time.',
      ),
    actor: nullableText('The id of the API key, or the name that a person typed into the signal.'),
    reason: z.string().nullable(),
    changes: z
      .array(
        z.object({
          pointer: z.string().describe('JSON Pointer (RFC 6901) into `request`.'),
          old: z.unknown().describe('The value before. Null when there was none.'),
          new: z.unknown().describe('The corrected value. Null when it was removed.'),
        }),
      )
      .describe('The corrected fields of the request.'),
    undo: undoAnswers.nullable(),
    revision: z
      .int()
      .nullable()
      .describe('The revision of the step that the decision is about. A correction makes a new revision.'),
    outcome: z
      .enum(['taken', 'refused', 'pending'])
      .describe(
        '`taken`: the run has acted on the decision. `pending`: it has not yet, and still may. `refused`: it never will.',
      ),
    refusal: nullableText('Why the run refused the decision.'),
    decidedAt: time,
    takenAt: time.nullable().describe('Null until the run acts on the decision.'),
  })
  .meta({ id: 'Decision' })

export type DecisionView = z.output<typeof decision>

export const decisionList = listOf(decision)
