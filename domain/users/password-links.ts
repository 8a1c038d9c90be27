import { randomBytes } from 'node:crypto'
import { APIError } from 'better-auth/api'
import type { DatabaseConnection } from '../database/connection.ts'
import { hashIdentifier, type Identity, identityWithin } from './identity.ts'
import { newId } from '../ids.ts'
import { isUniqueViolation } from '../database/unique-violation.ts'
import { EmailTaken } from './user-records.ts'

const passwordLinkHours = 72

const prefix = 'reset-password:'

export interface PasswordLink {
  url: string
  expiresAt: Date
}

/**
 * Makes a single-use link with which a user chooses a password. Earlier links of the user stop working. Only a hash of the
 * token is stored, so the link exists only in the message.
 * @param link `email` is the recipient of the message. It becomes the email of the user, because the reader of the message
 * will sign in with it. `publicUrl` is the origin of the link.
 * @throws EmailTaken when the email belongs to another user.
 */
export async function issuePasswordLink(
  db: DatabaseConnection,
  link: { userId: string; email: string; publicUrl: string; now: Date },
): Promise<PasswordLink> {
  const token = randomBytes(32).toString('base64url')
  const expiresAt = new Date(link.now.getTime() + passwordLinkHours * 60 * 60 * 1000)
  await db
    .with('earlier', (earlier) => earlier.deleteFrom('verifications').where('value', '=', link.userId))
    .with('corrected', (corrected) =>
      corrected
        .updateTable('users')
        .set({ email: link.email })
        .where('id', '=', link.userId)
        .where('email', '!=', link.email),
    )
    .insertInto('verifications')
    .values({
      id: newId('ver'),
      identifier: hashIdentifier(`${prefix}${token}`),
      value: link.userId,
      expires_at: expiresAt,
    })
    .execute()
    .catch((error: unknown) => {
      throw isUniqueViolation(error, 'users_email') ? new EmailTaken() : error
    })
  return { url: `${link.publicUrl}/set-password?token=${token}`, expiresAt }
}

/** Whether a password link works now. The check does not use up the link, because mail scanners open links too. */
export async function isPasswordLinkOpen(
  { db, identity }: { db: DatabaseConnection; identity: Identity },
  token: string,
): Promise<boolean> {
  const userId = await userOfLink(identity, token)
  return userId !== undefined && (await ofActiveOrganization(db, userId).executeTakeFirst()) !== undefined
}

/** A password link was used or has expired, or its user was removed, or the organization of the user is not active. */
export class PasswordLinkClosed extends Error {
  override readonly name = 'PasswordLinkClosed'
}

/**
 * Sets the password of a user in one transaction. This accepts the invitation, uses up the link and verifies the email.
 * @throws PasswordLinkClosed when the link does not work. Of two uses at the same time, one throws.
 */
export async function choosePassword(
  { db, identity }: { db: DatabaseConnection; identity: Identity },
  choice: { token: string; password: string },
): Promise<void> {
  const userId = await userOfLink(identity, choice.token)
  if (userId === undefined) throw new PasswordLinkClosed()
  await db.transaction().execute(async (transaction) => {
    // The lock orders this choice before or after a decision to suspend or close the organization.
    const active = await ofActiveOrganization(transaction, userId)
      .forShare('organizations')
      .executeTakeFirst()
    if (active === undefined) throw new PasswordLinkClosed()
    // Before the link, so that the user is locked first, as in every change of a user.
    const { numUpdatedRows } = await transaction
      .updateTable('users')
      .set({ email_verified: true, updated_at: new Date() })
      .where('id', '=', userId)
      .where('email', 'is not', null)
      .executeTakeFirst()
    if (numUpdatedRows === 0n) throw new PasswordLinkClosed()
    await usePasswordLink(identityWithin(transaction, identity), choice)
  })
}

async function userOfLink(identity: Identity, token: string): Promise<string | undefined> {
  const { internalAdapter } = await identity.$context
  const verification = await internalAdapter.findVerificationValue(`${prefix}${token}`)
  if (!verification || verification.expiresAt <= new Date()) return undefined
  // A cancel of the onboarding may have removed the user after the message was sent. A deactivated user has no email.
  const user = await internalAdapter.findUserById(verification.value)
  return user?.email ? user.id : undefined
}

/** A query for the user, which finds none when the organization of the user is not active. */
function ofActiveOrganization(db: DatabaseConnection, userId: string) {
  return db
    .selectFrom('users')
    .innerJoin('organizations', 'organizations.id', 'users.organization_id')
    .select('users.id')
    .where('users.id', '=', userId)
    .where('organizations.status', '=', 'active')
}

async function usePasswordLink(
  identity: Identity,
  { token, password }: { token: string; password: string },
): Promise<void> {
  try {
    await identity.api.resetPassword({ body: { token, newPassword: password } })
  } catch (error) {
    if (error instanceof APIError && closedCodes.has(error.body?.code ?? '')) throw new PasswordLinkClosed()
    throw error
  }
}

const closedCodes = new Set(['INVALID_TOKEN', 'USER_NOT_FOUND'])
