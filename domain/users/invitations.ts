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

/** Whether a person's invitation is like this. What few have is found by an index, however many people there are. */
export function hasInvitation(userId: string, status: InvitationStatus): RawBuilder<boolean> {
  const user = sql.ref(userId)
  return sql<boolean>`${mayHave(user, status)} and invitation_of(${user}) ->> 'status' = ${status}`
}

/** What the tables say at a glance, so that not everybody is looked at. */
function mayHave(user: RawBuilder<unknown>, status: InvitationStatus): RawBuilder<boolean> {
  // Nearly everybody's.
  if (status === 'sent') return sql`true`
  if (status === 'accepted') return sql`${user} in (select user_id from credentials)`
  if (status === 'not_sent')
    return sql`not exists (select from messages where user_id = ${user} and kind = 'invitation')`
  return sql`${user} in (select user_id from messages where status = ${sql.lit(status)})`
}
