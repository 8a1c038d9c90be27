import { z } from 'zod'
import { listOf } from '../http/list-schema.ts'

const activity = z
  .object({
    id: z.string(),
    type: z
      .enum(['organization', 'onboarding', 'operation', 'step', 'decision', 'billing'])
      .describe(
        'What changed: the organization itself, the onboarding that made it, an operation on it, a step of one of ' +
          'these, what a person decided on one of these, or something at its billing provider, told by a webhook.',
      ),
    at: z.iso.datetime(),
    actor: z
      .string()
      .nullable()
      .describe(
        'The API key that asked for it, or the name typed into a signal. Null for what happened by itself.',
      ),
    onboardingId: z.string().nullable(),
    operationId: z.string().nullable(),
    data: z
      .record(z.string(), z.unknown())
      .describe(
        'For an organization `fields`, each with `from` and `to` (for `device`, ids); for billing the `event` (`invoice_issued`, ' +
          '`payment_failed`, `subscription_cancelled`) and ids of the provider; for a decision as below `/decisions`, without the ' +
          'values that were corrected; else as in the event stream, with the `kind` of an operation.',
      ),
  })
  .meta({ id: 'Activity' })

export const activityList = listOf(activity)
