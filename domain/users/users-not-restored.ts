import { z } from 'zod'
import { formerEmailTaken } from './user-errors.ts'

/** The users whom a restore leaves deactivated, in the output of a step. It has ids and no emails. */
export const usersNotRestored = z.array(
  z.object({ userId: z.string(), code: z.string(), message: z.string(), nextAction: z.string() }),
)

export type UsersNotRestored = z.output<typeof usersNotRestored>

/** Says of each user why it stays deactivated, and how to bring it back. */
export function explainNotRestored(userIds: readonly string[]): UsersNotRestored {
  return userIds.map((userId) => ({ userId, ...formerEmailTaken }))
}
