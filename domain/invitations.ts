import { type RawBuilder, sql } from 'kysely'

export const invitationStatuses = [
  'not_sent',
  'sending',
  'sent',
  'delivered',
  'failed',
  'bounced',
  'unknown',
  'accepted',
] as const

/** Where the invitation of a person is. The newest message counts, and nothing any more once there is a password. */
export type InvitationStatus = (typeof invitationStatuses)[number]

/** As the database answers it. */
export interface Invitation {
  status: InvitationStatus
  /** RFC 3339, with the offset of the database. */
  sentAt: string | null
  /** Why it did not arrive, or may not have; without personal data. */
  error: { code: string; message: string; nextAction: string } | null
}

/** The invitation of a person, null when there is no such person. @param userId names a column, as in `users.id`. */
export function invitationOf(userId: string): RawBuilder<Invitation | null> {
  return sql<Invitation | null>`invitation_of(${sql.ref(userId)})`
}

/** Whether a person's invitation is like this. What did not arrive is found by an index, however many people there are. */
export function hasInvitation(userId: string, status: InvitationStatus): RawBuilder<boolean> {
  const isSo = sql<boolean>`invitation_of(${sql.ref(userId)}) ->> 'status' = ${status}`
  if (!rare.includes(status)) return isSo
  return sql<boolean>`${sql.ref(userId)} in (select user_id from messages where status = ${sql.lit(status)}) and ${isSo}`
}

const rare: readonly InvitationStatus[] = ['failed', 'bounced', 'unknown']
