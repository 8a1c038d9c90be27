import { sql, type Transaction } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { FieldChanges } from '../database/tables/organization-tables.ts'
import type { Database } from '../database/tables.ts'
import { newId } from '../ids.ts'

/** Whether another person may correct the email of a user. `accepted`: the user has a password, so no. */
export type EmailCorrection = 'possible' | 'taken' | 'accepted'

/** @param correction `email` in lower case. The current email of the user is always possible. */
export async function checkEmailCorrection(
  db: DatabaseConnection,
  { userId, email }: { userId: string; email: string },
): Promise<EmailCorrection> {
  const { rows } = await sql<{ outcome: EmailCorrection }>`
    select case
      when exists (select from users where id = ${userId} and email = ${email}) then 'possible'
      when exists (select from credentials where user_id = ${userId}) then 'accepted'
      when exists (select from users where email = ${email}) then 'taken'
      else 'possible' end as outcome
  `.execute(db)
  return rows[0]?.outcome ?? 'possible'
}

/**
 * Corrects the email of a user who has not accepted the invitation. Earlier password links stop working, open runs send
 * their messages to the new email, and the activity records who made the request. A second call changes nothing.
 * @param correction `email` in lower case. `runId` is the run that carries out the correction.
 * @returns `possible` when the user now has the email; otherwise the reason why nothing changed.
 */
export async function correctEmail(
  transaction: Transaction<Database>,
  correction: { userId: string; email: string; runId: string },
): Promise<EmailCorrection> {
  const { userId, email, runId } = correction
  // The lock orders this correction before or after a choice of a password.
  const before = await transaction
    .selectFrom('users')
    .select(['email', 'organization_id'])
    .where('id', '=', userId)
    .forUpdate()
    .executeTakeFirstOrThrow()
  const outcome = await checkEmailCorrection(transaction, { userId, email })
  if (outcome !== 'possible' || before.email === email) return outcome
  await transaction
    .updateTable('users')
    .set({ email, updated_at: sql<Date>`now()` })
    .where('id', '=', userId)
    .execute()
  await transaction.deleteFrom('verifications').where('value', '=', userId).execute()
  await sql`
    update runs set request = jsonb_set(request, '{user,email}', to_jsonb(${email}::text))
    where user_id = ${userId} and closed_at is null and request #> '{user,email}' is not null
  `.execute(transaction)
  const fields: FieldChanges = {
    user: { from: userId, to: userId },
    email: { from: before.email, to: email },
  }
  await sql`
    insert into organization_changes (id, organization_id, actor, fields)
    select ${newId('chg')}, ${before.organization_id}, coalesce(api_key_id, ''), ${JSON.stringify(fields)}::jsonb
    from runs where id = ${runId}
  `.execute(transaction)
  return outcome
}
