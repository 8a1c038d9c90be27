import { z } from 'zod'
import { nullableText } from '../http/text-schema.ts'
import type { RunResource } from './run-resources.ts'
import { listOf, pageQuery } from '../http/list-schema.ts'
import { invitation } from '../users/invitation-schema.ts'
import { onboarding, runFields } from './onboarding-schemas.ts'

export const operationKinds = [
  'change-plan',
  'switch-billing',
  'suspend-account',
  'restore-account',
  'close-account',
  'update-customer',
  'bill-account',
  'remind-trial',
  'expire-trial',
  'add-user',
  'resend-invitation',
  'update-user',
  'move-user',
  'remove-user',
] as const

export const operation = z
  .object({
    ...runFields,
    kind: z.enum(operationKinds).describe('The change that the operation makes.'),
    organizationId: z.string().describe('The account that the operation changes.'),
    userId: nullableText(
      'The user that the operation adds, changes or sends a message to. Null for other kinds.',
    ),
    invitation: invitation.nullable().describe('The invitation of that user. Null without a user.'),
    request: z.record(z.string(), z.unknown()).describe('The accepted request. Its fields depend on `kind`.'),
  })
  .meta({ id: 'Operation' })

export type OperationView = z.output<typeof operation>

export const operationList = listOf(operation)

export const operationQuery = z.strictObject({
  ...pageQuery,
  kind: z.enum(operationKinds).optional(),
  status: runFields.status.optional(),
  step: z.string().max(100).optional().describe('Operations in which this step is stuck or being retried.'),
  code: z
    .string()
    .max(100)
    .optional()
    .describe('Operations with a stuck or retrying step that failed with this error code.'),
  organizationId: z.string().max(100).optional().describe('Operations that change this account.'),
})

export function runView(resource: RunResource) {
  return resource.name === 'Onboarding' ? onboarding : operation
}
