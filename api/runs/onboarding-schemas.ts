import { z } from 'zod'
import { nullableText } from '../http/text-schema.ts'
import type { NotUndoneReason } from '../../domain/decisions/decision.ts'
import { errorClasses, retryVerdicts } from '../../domain/errors/error-class.ts'
import { accountTypes } from '../../domain/organizations/organization-types.ts'
import { notUndoneReasons } from '../../workflows/contract.ts'
import { invitation, invitationStatus } from '../users/invitation-schema.ts'
import { listOf, pageQuery } from '../http/list-schema.ts'

const time = z.iso.datetime()

const runStatus = z
  .enum(['accepted', 'running', 'needs_attention', 'cancelling', 'completed', 'cancelled', 'failed'])
  .describe(
    '`accepted`: stored, and not started yet. `running`: its steps are in progress. `needs_attention`: a step is stuck and ' +
      'waits for a retry, skip or cancel. `cancelling`: its done steps are being undone. `completed`: every step is done or ' +
      'skipped. `cancelled`: a cancel has ended it. `failed`: the first step refused the request, and nothing was created.',
  )

const step = z.object({
  id: z.string().describe('The name of the step, such as `create-user`.'),
  title: z.string(),
  optional: z.boolean().describe('Whether the step may be skipped.'),
  status: z
    .enum(['pending', 'running', 'retrying', 'needs_attention', 'done', 'skipped', 'compensated'])
    .describe(
      '`retrying`: an attempt failed and the next one follows. `needs_attention`: the step is stuck and waits for a ' +
        'decision. `compensated`: the step was done, and its effect was undone.',
    ),
  attempts: z.int().describe('The number of attempts so far.'),
  startedAt: time.nullable(),
  finishedAt: time.nullable(),
  output: z.record(z.string(), z.unknown()).nullable().describe('The result. Null until the step is done.'),
  error: z
    .object({
      code: z.string().describe('The stable name of the error, such as `email_taken`.'),
      class: z
        .enum(errorClasses)
        .describe(
          '`retryable`: retried by itself first. `needs_input`: a field is wrong. `terminal`: no retry can succeed. ' +
            '`unknown_outcome`: the call may have had its effect.',
        ),
      message: z.string(),
      nextAction: z.string().describe('What to do about the error.'),
      retry: z
        .enum(retryVerdicts)
        .describe(
          'Whether a retry can succeed. `as_is`: after the next action, without a correction. `with_correction`: with the ' +
            '`fields` corrected by `input`. `refused`: no, it would fail in the same way.',
        ),
      fields: z
        .array(z.object({ pointer: z.string(), message: z.string() }))
        .optional()
        .describe('The wrong fields of `request`, each by its JSON Pointer (RFC 6901).'),
    })
    .nullable()
    .describe('The failure of the last attempt. Null when it did not fail.'),
})

export const runFields = {
  id: z.string(),
  status: runStatus,
  steps: z.array(step),
  notUndone: z
    .array(
      z.object({
        step: z.string().describe('The id of the step.'),
        title: z.string(),
        why: z.enum(Object.keys(notUndoneReasons) as [NotUndoneReason, ...NotUndoneReason[]]),
        message: z.string(),
        externalReference: nullableText('The id at the provider of what remains.'),
      }),
    )
    .describe('The effects of steps that remain, or may remain, although the run was cancelled.'),
  workflow: z
    .object({
      id: z.string().describe('The Temporal workflow id.'),
      runId: nullableText('The Temporal run id. Null until the workflow has started.'),
      uiUrl: nullableText(
        'The page of the workflow in the Temporal Web UI. Null when the deployment names no Web UI.',
      ),
    })
    .describe('The Temporal workflow that carries out the request.'),
  acceptedAt: time,
  updatedAt: time,
  closedAt: time.nullable().describe('Null until the run is closed.'),
}

export const acceptedUser = z.object({
  fullName: z.string(),
  email: z.string(),
  sendPasswordInstructions: z.boolean(),
})
export const acceptedPlan = z.object({
  kind: z.enum(['trial', 'purchased']),
  licenses: z.int().optional(),
  trialDays: z.int().optional(),
  billingAdapter: z.string(),
})

export const onboarding = z
  .object({
    ...runFields,
    parentId: z.string().describe('The organization that the account is added under.'),
    organizationId: nullableText('The organization that was created. Null until then.'),
    userId: nullableText('The user that was created. Null until then.'),
    invitation: invitation.nullable().describe('The invitation of the user. Null without a user.'),
    request: z.object({
      type: z.enum(accountTypes),
      company: z.object({ name: z.string(), state: z.string(), country: z.string() }).catchall(z.string()),
      user: acceptedUser.optional(),
      plan: acceptedPlan.optional(),
    }),
  })
  .meta({ id: 'Onboarding' })

export type OnboardingView = z.output<typeof onboarding>

export const onboardingList = listOf(onboarding)

export const onboardingFilter = {
  status: runStatus.optional(),
  step: z.string().max(100).optional().describe('Onboardings in which this step is stuck or being retried.'),
  code: z
    .string()
    .max(100)
    .optional()
    .describe('Onboardings with a stuck or retrying step that failed with this error code.'),
  organizationId: z.string().max(100).optional().describe('The onboarding that created this organization.'),
  invitation: invitationStatus.optional(),
  parentId: z.string().max(100).optional().describe('Onboardings directly under this organization.'),
}

export const onboardingQuery = z.strictObject({ ...pageQuery, ...onboardingFilter })
