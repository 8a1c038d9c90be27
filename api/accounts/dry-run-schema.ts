import { z } from 'zod'
import { accountTypes } from '../../domain/organizations/organization-types.ts'
import { stepPreview } from '../runs/step-preview-schema.ts'

/** The answer to a dry run of adding an account. */
export const accountDryRun = z
  .object({
    valid: z.boolean(),
    problems: z.array(z.object({ pointer: z.string(), code: z.string(), message: z.string() })),
    organization: z
      .object({
        type: z.enum(accountTypes),
        parentId: z.string(),
        parentName: z.string(),
        name: z.string(),
        state: z.string(),
        country: z.string(),
      })
      .catchall(z.string()),
    user: z
      .object({ fullName: z.string(), email: z.string(), sendPasswordInstructions: z.boolean() })
      .nullable(),
    plan: z
      .object({
        kind: z.enum(['trial', 'purchased']),
        licenses: z.int().optional(),
        trialDays: z.int().optional(),
        billingAdapter: z.string(),
      })
      .nullable(),
    steps: z.array(stepPreview),
  })
  .meta({ id: 'AccountDryRun' })

export type AccountDryRunView = z.output<typeof accountDryRun>
