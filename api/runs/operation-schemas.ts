import { z } from 'zod'
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
  'bill-account',
  'remind-trial',
  'expire-trial',
  'add-user',
  'resend-invitation',
] as const

/** What changes an account that exists, carried out like an onboarding. */
export const operation = z
  .object({
    ...runFields,
    kind: z.enum(operationKinds),
    organizationId: z.string(),
    userId: z.string().nullable().describe('Whom it adds or writes to.'),
    invitation: invitation.nullable().describe('Of that user. Null while there is none.'),
    request: z.record(z.string(), z.unknown()).describe('What was asked for, by kind.'),
  })
  .meta({ id: 'Operation' })

export type OperationView = z.output<typeof operation>

export const operationList = listOf(operation)

export const operationQuery = z.strictObject({
  ...pageQuery,
  kind: z.enum(operationKinds).optional(),
  status: runFields.status.optional(),
  step: z.string().max(100).optional().describe('Stuck at, or retrying, this step.'),
  code: z.string().max(100).optional().describe('With a step that failed with this code.'),
  organizationId: z.string().max(100).optional().describe('The account that it changes.'),
})

/** How a run of this resource is answered. */
export function runView(resource: RunResource) {
  return resource.name === 'Onboarding' ? onboarding : operation
}
