import { z } from 'zod'
import { userStatuses } from '../../domain/users/read-users.ts'
import { email, userBody } from '../accounts/schemas.ts'
import { invitation, invitationStatus } from './invitation-schema.ts'
import { listOf, pageQuery } from '../http/list-schema.ts'
import { nullableText, text } from '../http/text-schema.ts'

const userStatus = z.enum(userStatuses)

export const user = z
  .object({
    id: z.string(),
    organizationId: z.string(),
    fullName: z.string(),
    status: userStatus.describe(
      'A deactivated user cannot sign in and has no email. `PATCH` with an email brings it back.',
    ),
    email: nullableText('Unique among the users who can sign in. Null for a deactivated user.'),
    formerEmail: nullableText(
      'The last email of a deactivated user. Another user may have it by now. Null otherwise.',
    ),
    invitation,
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'User' })

export type UserView = z.output<typeof user>

export const userList = listOf(user)

export const userQuery = z.strictObject({
  ...pageQuery,
  invitation: invitationStatus.optional(),
  status: userStatus.optional(),
})

export const addUserBody = userBody.meta({ id: 'NewUser' })

/** A missing field keeps its value. */
export const userChangesBody = z
  .strictObject({
    fullName: text(200).optional(),
    email: email
      .meta({
        format: 'email',
        description:
          'Only for a user who has not accepted the invitation, or is deactivated: an email brings such a user back. With another ' +
          'email than the former one, the user has no password any more and needs a new invitation.',
      })
      .optional(),
  })
  .meta({ id: 'UserChanges' })

export const moveUserBody = z
  .strictObject({ organizationId: z.string().max(100).describe('The organization to move the user to.') })
  .meta({ id: 'UserMove' })

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
  renamed: { fullName: 'Grace Brewster Hopper' },
  moved: { organizationId: 'org_01k6tqavf2ejt9d8b4w7k1s6zx' },
} satisfies Record<
  string,
  | z.input<typeof addUserBody>
  | z.input<typeof passwordInstructionsBody>
  | z.input<typeof userChangesBody>
  | z.input<typeof moveUserBody>
>
