import { z } from 'zod'
import { email, userBody } from '../accounts/schemas.ts'
import { invitation, invitationStatus } from './invitation-schema.ts'
import { listOf, pageQuery } from '../http/list-schema.ts'

export const user = z
  .object({
    id: z.string(),
    organizationId: z.string(),
    fullName: z.string(),
    email: z.string(),
    invitation,
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'User' })

export type UserView = z.output<typeof user>

export const userList = listOf(user)

export const userQuery = z.strictObject({ ...pageQuery, invitation: invitationStatus.optional() })

export const addUserBody = userBody.meta({ id: 'NewUser' })

export const passwordInstructionsBody = z
  .strictObject({
    email: email
      .meta({
        format: 'email',
        description:
          'The corrected email. Only for a user who has not accepted the invitation. Default: the present email.',
      })
      .optional(),
  })
  .default({})

/** The example requests of the API reference. The tests send them. */
export const userExamples = {
  invited: { fullName: 'Grace Hopper', email: 'grace@northwind.example', sendPasswordInstructions: true },
  corrected: { email: 'grace.hopper@northwind.example' },
} satisfies Record<string, z.input<typeof addUserBody> | z.input<typeof passwordInstructionsBody>>
