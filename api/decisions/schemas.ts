import { z } from 'zod'
import { listOf } from '../http/list-schema.ts'

const time = z.iso.datetime()

const decision = z
  .object({
    id: z.string(),
    action: z.enum(['retry', 'skip', 'cancel']),
    step: z.string().nullable().describe('Null: every step that was stuck, or the run as a whole.'),
    source: z
      .enum(['api', 'signal', 'clock', 'bulk'])
      .describe('How it was made. `signal`: typed into Temporal; `clock`: nobody decided in time.'),
    actor: z.string().nullable().describe('The id of the API key, or the name that a person typed.'),
    reason: z.string().nullable(),
    changes: z
      .array(
        z.object({
          pointer: z.string().describe('RFC 6901, into `request`.'),
          old: z.unknown().describe('Null: there was none.'),
          new: z.unknown().describe('Null: it was removed.'),
        }),
      )
      .describe('What was corrected.'),
    undo: z.record(z.string(), z.enum(['undo', 'keep'])).nullable(),
    revision: z
      .int()
      .nullable()
      .describe('Of the step: the one decided on, or the one that a correction opened.'),
    outcome: z
      .enum(['taken', 'refused', 'pending'])
      .describe('`pending`: the run was told of it, and has not acted on it. It may still do so.'),
    refusal: z.string().nullable(),
    decidedAt: time,
    takenAt: time.nullable(),
  })
  .meta({ id: 'Decision' })

export type DecisionView = z.output<typeof decision>

export const decisionList = listOf(decision)
