import { z } from 'zod'
import { nullableText } from '../http/text-schema.ts'
import { listOf } from '../http/list-schema.ts'

const activity = z
  .object({
    id: z.string(),
    type: z
      .enum(['organization', 'onboarding', 'operation', 'step', 'decision', 'bill', 'billing'])
      .describe(
        'What changed: `organization`, a field of it; `onboarding` or `operation`, the status of a run; `step`, a step of a ' +
          'run; `decision`, a decision on a run; `bill`, a bill that was written off or handed over; `billing`, an event of the ' +
          'billing provider.',
      ),
    at: z.iso.datetime(),
    actor: nullableText(
      'The id of the API key, or the name that a person typed into a signal. Null for a change without a person.',
    ),
    onboardingId: nullableText('The onboarding that made the change. Null for others.'),
    operationId: nullableText('The operation that made the change. Null for others.'),
    data: z
      .record(z.string(), z.unknown())
      .describe(
        '`organization`: the changed `fields`, each with `from` and `to` (ids for `device`). `billing`: the `event` ' +
          '(`invoice_issued`, `payment_failed`, `subscription_cancelled`) and ids of the provider. `decision`: the decision, ' +
          'without the corrected values. `bill`: its `month`, its new `status` and the `reason`. Other types: the data of the event stream, with the `kind` of an operation.',
      ),
  })
  .meta({ id: 'Activity' })

export const activityList = listOf(activity)
