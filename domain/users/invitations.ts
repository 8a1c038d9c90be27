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

/** The status of the invitation of a user: `accepted` once the user has a password, otherwise that of the newest message. */
export type InvitationStatus = (typeof invitationStatuses)[number]

/** The invitation of a user, as the SQL function `invitation_of` returns it. */
export interface Invitation {
  status: InvitationStatus
  /** RFC 3339, with the UTC offset of the database session. */
  sentAt: string | null
  /** Why the message was not delivered, or may not have been. No personal data. */
  error: { code: string; message: string; nextAction: string } | null
}

/** The invitation of a user; null when the user does not exist. @param userId the name of a column, such as `users.id`. */
export function invitationOf(userId: string): RawBuilder<Invitation | null> {
  return sql<Invitation | null>`invitation_of(${sql.ref(userId)})`
}

/** An SQL condition: the invitation of a user has this status. An index finds the rare statuses. */
export function hasInvitation(userId: string, status: InvitationStatus): RawBuilder<boolean> {
  const user = sql.ref(userId)
  return sql<boolean>`${mayHave(user, status)} and invitation_of(${user}) ->> 'status' = ${status}`
}

/** A necessary condition that an index can check, so that `invitation_of` is not called for every user. */
function mayHave(user: RawBuilder<unknown>, status: InvitationStatus): RawBuilder<boolean> {
  // Nearly all users have this status.
  if (status === 'sent') return sql`true`
  if (status === 'accepted') return sql`${user} in (select user_id from credentials)`
  if (status === 'not_sent')
    return sql`not exists (select from messages where user_id = ${user} and kind = 'invitation'
      and attempted_at >= (select email_since from users where id = ${user}))`
  return sql`${user} in (select user_id from messages where status = ${sql.lit(status)})`
}
