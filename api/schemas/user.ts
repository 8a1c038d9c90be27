import { z } from 'zod'
import { listOf } from './list.ts'

const user = z
  .object({
    id: z.string(),
    organizationId: z.string(),
    fullName: z.string(),
    email: z.string(),
    invitationStatus: z.enum(['not_sent', 'sent', 'accepted', 'failed']),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'User' })

export const userList = listOf(user)
