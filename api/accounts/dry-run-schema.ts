import { z } from 'zod'
import { accountTypes } from '../../domain/organizations/organization-types.ts'
import { acceptedPlan, acceptedUser } from '../runs/onboarding-schemas.ts'
import { stepPreview } from '../runs/step-preview-schema.ts'

export const accountDryRun = z
  .object({
    valid: z.boolean().describe('Whether the same request without `dryRun` would be accepted.'),
    problems: z
      .array(
        z.object({
          pointer: z
            .string()
            .describe('JSON Pointer (RFC 6901) into the request body. Empty: the whole request.'),
          code: z.string(),
          message: z.string(),
        }),
      )
      .describe('The reasons for which the request would be refused.'),
    organization: z
      .object({
        type: z.enum(accountTypes),
        parentId: z.string(),
        parentName: z.string(),
        name: z.string(),
        state: z.string(),
        country: z.string(),
      })
      .catchall(z.string())
      .describe('The organization that would be created.'),
    user: acceptedUser.nullable().describe('The user that would be created. Null without a user.'),
    plan: acceptedPlan.nullable().describe('The plan with its defaults. Null without a plan.'),
    steps: z.array(stepPreview).describe('The steps that would run, in order.'),
  })
  .meta({ id: 'AccountDryRun' })

export type AccountDryRunView = z.output<typeof accountDryRun>
