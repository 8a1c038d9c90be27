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
      .meta({ format: 'email', description: 'Corrects the email of a person who has not accepted yet.' })
      .optional(),
  })
  .default({})

/** The requests that the reference shows. The tests send these very ones. */
export const userExamples = {
  invited: { fullName: 'Grace Hopper', email: 'grace@northwind.example', sendPasswordInstructions: true },
  corrected: { email: 'grace.hopper@northwind.example' },
} satisfies Record<string, z.input<typeof addUserBody> | z.input<typeof passwordInstructionsBody>>
