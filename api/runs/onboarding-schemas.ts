import { z } from 'zod'
import type { NotUndoneReason } from '../../domain/decisions/decision.ts'
import { errorClasses, retryVerdicts } from '../../domain/errors/error-class.ts'
import { accountTypes } from '../../domain/organizations/organization-types.ts'
import { notUndoneReasons } from '../../workflows/contract.ts'
import { invitation, invitationStatus } from '../users/invitation-schema.ts'
import { listOf, pageQuery } from '../http/list-schema.ts'
import { longText, text } from '../http/text-schema.ts'

const time = z.iso.datetime()

const onboardingStatus = z.enum([
  'accepted',
  'running',
  'needs_attention',
  'cancelling',
  'completed',
  'cancelled',
  'failed',
])

const step = z.object({
  id: z.string(),
  title: z.string(),
  optional: z.boolean().describe('May be skipped.'),
  status: z.enum(['pending', 'running', 'retrying', 'needs_attention', 'done', 'skipped', 'compensated']),
  attempts: z.int(),
  startedAt: time.nullable(),
  finishedAt: time.nullable(),
  output: z.record(z.string(), z.unknown()).nullable(),
  error: z
    .object({
      code: z.string(),
      class: z.enum(errorClasses),
      message: z.string(),
      nextAction: z.string(),
      retry: z
        .enum(retryVerdicts)
        .describe(
          'Whether a retry can help: `as_is` once the next action was taken, `with_correction` of the `fields` as `input`, ' +
            '`refused` when it would fail in the same way.',
        ),
      fields: z.array(z.object({ pointer: z.string(), message: z.string() })).optional(),
    })
    .nullable(),
})

/** What every run shows, whatever it was asked for. */
export const runFields = {
  id: z.string(),
  status: onboardingStatus,
  steps: z.array(step),
  notUndone: z
    .array(
      z.object({
        step: z.string(),
        title: z.string(),
        why: z.enum(Object.keys(notUndoneReasons) as [NotUndoneReason, ...NotUndoneReason[]]),
        message: z.string(),
        externalReference: z.string().nullable().describe('Under which a provider knows what stays.'),
      }),
    )
    .describe('What was done, or may have been, and stays although the run was cancelled.'),
  workflow: z.object({ id: z.string(), runId: z.string().nullable(), uiUrl: z.string().nullable() }),
  acceptedAt: time,
  updatedAt: time,
  closedAt: time.nullable(),
}

export const onboarding = z
  .object({
    ...runFields,
    parentId: z.string(),
    organizationId: z.string().nullable(),
    userId: z.string().nullable(),
    invitation: invitation.nullable().describe('Of the user. Null while there is none.'),
    request: z.object({
      type: z.enum(accountTypes),
      company: z.object({ name: z.string(), state: z.string(), country: z.string() }).catchall(z.string()),
      user: z
        .object({ fullName: z.string(), email: z.string(), sendPasswordInstructions: z.boolean() })
        .optional(),
      plan: z
        .object({
          kind: z.enum(['trial', 'purchased']),
          licenses: z.int().optional(),
          trialDays: z.int().optional(),
          billingAdapter: z.string(),
        })
        .optional(),
    }),
  })
  .meta({ id: 'Onboarding' })

export type OnboardingView = z.output<typeof onboarding>

export const onboardingList = listOf(onboarding)

/** What onboardings are found by, in the list and in bulk. */
export const onboardingFilter = {
  status: onboardingStatus.optional(),
  step: z.string().max(100).optional().describe('Stuck at, or retrying, this step.'),
  code: z.string().max(100).optional().describe('With a step that failed with this code.'),
  organizationId: z.string().max(100).optional().describe('The organization that the onboarding made.'),
  invitation: invitationStatus.optional(),
  parentId: z.string().max(100).optional().describe('Added right below this organization.'),
}

export const onboardingQuery = z.strictObject({ ...pageQuery, ...onboardingFilter })

const stepId = text(100)
export const reason = longText(500).describe('Kept in the audit trail.')

export const retryBody = z
  .strictObject({
    step: stepId.optional().describe('Default: every step that waits for a person.'),
    input: z
      .record(z.string(), z.unknown())
      .optional()
      .describe('A correction of the request, as a JSON merge patch (RFC 7396), of what this step reads.'),
    reason: reason.optional(),
  })
  .default({})

export const skipBody = z.strictObject({ step: stepId, reason })

export const cancelBody = z
  .strictObject({
    reason: reason.optional(),
    undo: z
      .record(stepId, z.enum(['undo', 'keep']))
      .optional()
      .describe('What to do with the steps that are not undone without asking, by step id.'),
  })
  .default({})

export const decisionExamples = {
  retryWithCorrection: {
    step: 'create-user',
    input: { user: { email: 'grace@northwind.example' } },
    reason: 'The first address belonged to somebody else.',
  },
  skip: { step: 'notify-user', reason: 'They were told by phone.' },
  cancel: { reason: 'Ordered twice.' },
}
