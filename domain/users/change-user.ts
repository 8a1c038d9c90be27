import { sql, type Transaction } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { FieldChanges } from '../database/tables/organization-tables.ts'
import type { Database } from '../database/tables.ts'
import { holdUser } from './hold-user.ts'
import { recordUserChange } from './record-user-change.ts'

/** Whether another person may correct the email of a user. `accepted`: the user has a password, so no. */
export type EmailCorrection = 'possible' | 'taken' | 'accepted'

/** Why a user stays as it is. `closed`: the user is deactivated, and its organization is not active. */
export type UserRefusal = Exclude<EmailCorrection, 'possible'> | 'gone' | 'deactivated' | 'closed'

/**
 * @param correction `email` in lower case. The current email of the user is always possible. A deactivated user has none, so
 * every email that is free is possible.
 */
export async function checkEmailCorrection(
  db: DatabaseConnection,
  { userId, email }: { userId: string; email: string },
): Promise<EmailCorrection> {
  const { rows } = await sql<{ outcome: EmailCorrection }>`
    select case
      when exists (select from users where id = ${userId} and email = ${email}) then 'possible'
      when exists (select from credentials where user_id = ${userId})
        and exists (select from users where id = ${userId} and email is not null) then 'accepted'
      when exists (select from users where email = ${email}) then 'taken'
      else 'possible' end as outcome
  `.execute(db)
  return rows[0]?.outcome ?? 'possible'
}

/**
 * Changes the name of a user, or the email of a user who has not accepted the invitation. An email brings a deactivated user back:
 * with the former email as before, with another one without a password. Links that were sent to another email stop working, open
 * runs send their messages to the new email, and the activity records who made the request. A second call changes nothing.
 * @param change `email` in lower case. `runId` is the run that carries out the change.
 * @returns why nothing changed; undefined when the user now has the name and the email.
 */
export async function changeUser(
  transaction: Transaction<Database>,
  { userId, runId, ...change }: { userId: string; fullName?: string; email?: string; runId: string },
): Promise<UserRefusal | undefined> {
  const before = await holdUser(transaction, userId)
  if (before === undefined) return 'gone'
  const { fullName = before.fullName, email = before.email } = change
  if (email === null) return 'deactivated'
  if (before.email === null && before.organizationStatus !== 'active') return 'closed'
  const outcome = await checkEmailCorrection(transaction, { userId, email })
  if (outcome !== 'possible') return outcome
  const fields = {
    ...changed('fullName', before.fullName, fullName),
    ...changed('email', before.email, email),
  }
  if (Object.keys(fields).length === 0) return undefined
  // Sends the webhook event user.updated or user.reactivated: see database/schema/webhook-events.sql.
  await transaction
    .updateTable('users')
    .set({ full_name: fullName, email, former_email: null, returns_on_restore: false })
    .set({ updated_at: sql<Date>`now()` })
    .where('id', '=', userId)
    .execute()
  if (email !== (before.email ?? before.formerEmail)) await forgetMailbox(transaction, userId)
  const inRequests = { ...(fields.fullName && { fullName }), ...(fields.email && { email }) }
  await sql`
    update runs set request = jsonb_set(request, '{user}', request -> 'user' || ${JSON.stringify(inRequests)}::jsonb)
    where user_id = ${userId} and closed_at is null and request #> '{user,email}' is not null
  `.execute(transaction)
  await recordUserChange(transaction, {
    organizationId: before.organizationId,
    runId,
    fields: {
      user: { from: userId, to: userId },
      ...fields,
      ...(before.email === null ? { status: { from: 'deactivated', to: 'active' } } : {}),
    },
  })
  return undefined
}

/**
 * Takes back what the reader of the former mailbox got: links, and the password of a user who was deactivated. Whoever reads the
 * new one is invited anew.
 */
async function forgetMailbox(transaction: Transaction<Database>, userId: string): Promise<void> {
  await transaction
    .updateTable('users')
    .set({ email_verified: false, email_since: sql<Date>`clock_timestamp()` })
    .where('id', '=', userId)
    .execute()
  await transaction.deleteFrom('verifications').where('value', '=', userId).execute()
  await transaction.deleteFrom('credentials').where('user_id', '=', userId).execute()
}

function changed(field: string, from: string | null, to: string): FieldChanges {
  return from === to ? {} : { [field]: { from, to } }
}
