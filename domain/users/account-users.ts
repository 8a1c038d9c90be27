import { type RawBuilder, sql, type Transaction } from 'kysely'
import { subtreeEnd } from '../access/subtree.ts'
import type { DatabaseConnection } from '../database/connection.ts'
import type { Database } from '../database/tables.ts'
import { findPlace } from '../organizations/organization-tree.ts'
import { mayHold } from '../organizations/organization-types.ts'

/**
 * Deactivates the users of an account and its units, where these are closed now. The emails are free for others. Restoring the
 * account brings these users back.
 * @param notRestored the users that a restore left deactivated, when that restore is undone: the next restore tries again.
 */
export async function deactivateUsers(
  transaction: Transaction<Database>,
  organizationId: string,
  notRestored: readonly string[] = [],
): Promise<void> {
  // Sends the webhook event user.deactivated: see database/schema/webhook-events.sql.
  await sql`
    with deactivated as (
      update users as person
      set former_email = coalesce(person.email, person.former_email), email = null, returns_on_restore = true,
        updated_at = now()
      from organizations as organization
      where organization.id = person.organization_id and organization.status = 'closed'
        and ${await isInAccount(transaction, organizationId)}
        and (person.email is not null or person.id = any (${notRestored}))
      returning person.id
    )
    delete from sessions using deactivated where sessions.user_id = deactivated.id
  `.execute(transaction)
}

/**
 * Brings the users back that the closing of an account and its units deactivated, where these are not closed now.
 * @returns the ids of the users who stay deactivated, because another user has their email.
 */
export async function reactivateUsers(
  transaction: Transaction<Database>,
  organizationId: string,
): Promise<string[]> {
  return reactivate(transaction, await isInAccount(transaction, organizationId))
}

/** `reactivateUsers` for one user, whatever deactivated the user. In a closed account, the user comes back when it is restored. */
export async function reactivateUser(transaction: Transaction<Database>, id: string): Promise<string[]> {
  await transaction
    .updateTable('users')
    .set({ returns_on_restore: true })
    .where('id', '=', id)
    .where('email', 'is', null)
    .execute()
  return reactivate(transaction, sql`person.id = ${id}`)
}

/** @param among a condition on `person`, a user, and `organization`, the organization of that user. */
async function reactivate(transaction: Transaction<Database>, among: RawBuilder<unknown>): Promise<string[]> {
  // Sends the webhook event user.reactivated: see database/schema/webhook-events.sql.
  const { rows } = await sql<{ id: string }>`
    with returning_users as (
      select person.id, person.former_email
      from users as person join organizations as organization on organization.id = person.organization_id
      where person.returns_on_restore and organization.status <> 'closed' and ${among}
    ), restored as (
      update users as person
      set email = person.former_email, former_email = null, returns_on_restore = false, updated_at = now()
      from (select distinct on (former_email) * from returning_users order by former_email, id desc) as one
      where one.id = person.id and not exists (select from users where email = one.former_email)
      returning person.id
    )
    update users as person set returns_on_restore = false
    where id in (select id from returning_users except select id from restored)
    returning id
  `.execute(transaction)
  return rows.map(({ id }) => id)
}

/**
 * The ids of the users whom restoring a closed account would not bring back, because another user has their email. A unit below it
 * that was closed by itself stays closed, so its users do not count.
 */
export async function findUsersNotToReturn(
  db: DatabaseConnection,
  organizationId: string,
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select person.id
    from users as person join organizations as organization on organization.id = person.organization_id
    where person.returns_on_restore and ${await isInAccount(db, organizationId)}
      and exists (select from users where email = person.former_email)
      and not exists (
        select from organizations as unit cross join lateral standing_of(unit.id) as decision
        where unit.id = any (string_to_array(organization.path, '/')) and unit.type = 'unit'
          and unit.path > (select path from organizations where id = ${organizationId}) and decision.status = 'closed')
    order by person.id
  `.execute(db)
  return rows.map(({ id }) => id)
}

/** An SQL condition: `organization` is the account, or a unit below it. */
async function isInAccount(db: DatabaseConnection, id: string): Promise<RawBuilder<boolean>> {
  const place = await findPlace(db, id)
  if (place === undefined || !mayHold(place.type, 'unit')) return sql`organization.id = ${id}`
  // Nothing but units is below an enterprise or a unit.
  return sql`organization.path >= ${place.path} and organization.path < ${subtreeEnd(place.path)}`
}
