import { randomBytes } from 'node:crypto'
import { APIError } from 'better-auth/api'
import type { DatabaseConnection } from '../database/connection.ts'
import { hashIdentifier, type Identity, identityWithin } from './identity.ts'
import { newId } from '../ids.ts'
import { isUniqueViolation } from '../database/unique-violation.ts'
import { EmailTaken } from './user-records.ts'

/** How long a link to choose a password works. */
const passwordLinkHours = 72

const prefix = 'reset-password:'

export interface PasswordLink {
  url: string
  expiresAt: Date
}

/**
 * A single-use link with which a person chooses a password. Earlier links of the same person stop working. Only a hash
 * of the token is kept: the link exists nowhere but in the message.
 * @param link `email` is the address that it is sent to. It becomes the user's own, should that be another one: who
 * reads the message there is who signs in with it.
 * @throws EmailTaken when it belongs to another user.
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

/** Whether a link's token can still be used. Looking does not use it up: mail scanners open links too. */
export async function isPasswordLinkOpen(identity: Identity, token: string): Promise<boolean> {
  return (await userOfLink(identity, token)) !== undefined
}

/** The link was used already, its time is over, or its user is gone. */
export class PasswordLinkClosed extends Error {
  override readonly name = 'PasswordLinkClosed'
}

/**
 * Sets the password, which accepts the invitation, uses the link up, and counts the email as verified: all in one commit.
 * @throws PasswordLinkClosed when the link can't be used any more, also when two people use it at once.
 */
export async function choosePassword(
  parts: { db: DatabaseConnection; identity: Identity },
  choice: { token: string; password: string },
): Promise<void> {
  const userId = await userOfLink(parts.identity, choice.token)
  if (userId === undefined) throw new PasswordLinkClosed()
  await parts.db.transaction().execute(async (transaction) => {
    await usePasswordLink(identityWithin(transaction, parts.identity), choice)
    await transaction
      .updateTable('users')
      .set({ email_verified: true, updated_at: new Date() })
      .where('id', '=', userId)
      .execute()
  })
}

async function userOfLink(identity: Identity, token: string): Promise<string | undefined> {
  const { internalAdapter } = await identity.$context
  const verification = await internalAdapter.findVerificationValue(`${prefix}${token}`)
  if (!verification || verification.expiresAt <= new Date()) return undefined
  // Undoing an onboarding removes its user, and the message with the link is out there still.
  const user = await internalAdapter.findUserById(verification.value)
  return user?.id
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
