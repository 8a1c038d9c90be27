import { randomBytes } from 'node:crypto'
import type { DatabaseConnection } from './database/connection.ts'
import { hashIdentifier, type Identity } from './identity.ts'
import { newId } from './ids.ts'

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
 */
export async function issuePasswordLink(
  db: DatabaseConnection,
  link: { userId: string; publicUrl: string; now: Date },
): Promise<PasswordLink> {
  const token = randomBytes(32).toString('base64url')
  const expiresAt = new Date(link.now.getTime() + passwordLinkHours * 60 * 60 * 1000)
  await db
    .with('earlier', (earlier) => earlier.deleteFrom('verifications').where('value', '=', link.userId))
    .insertInto('verifications')
    .values({
      id: newId('ver'),
      identifier: hashIdentifier(`${prefix}${token}`),
      value: link.userId,
      expires_at: expiresAt,
    })
    .execute()
  return { url: `${link.publicUrl}/set-password?token=${token}`, expiresAt }
}

/** Whether a link's token can still be used. Looking does not use it up: mail scanners open links too. */
export async function isPasswordLinkOpen(identity: Identity, token: string): Promise<boolean> {
  const { internalAdapter } = await identity.$context
  const verification = await internalAdapter.findVerificationValue(`${prefix}${token}`)
  return verification !== null && verification !== undefined && verification.expiresAt > new Date()
}

/** The link was used already, or its time is over. */
export class PasswordLinkClosed extends Error {
  override readonly name = 'PasswordLinkClosed'
}

/**
 * Sets the password and uses the link up. The user counts as invited and the email as verified from here on.
 * @throws PasswordLinkClosed when the link can't be used any more, also when two people use it at once.
 */
export async function choosePassword(
  parts: { db: DatabaseConnection; identity: Identity },
  choice: { token: string; password: string },
): Promise<void> {
  const { internalAdapter } = await parts.identity.$context
  const verification = await internalAdapter.findVerificationValue(`${prefix}${choice.token}`)
  if (!verification) throw new PasswordLinkClosed()
  try {
    await parts.identity.api.resetPassword({ body: { token: choice.token, newPassword: choice.password } })
  } catch (error) {
    if (isInvalidToken(error)) throw new PasswordLinkClosed()
    throw error
  }
  await parts.db
    .updateTable('users')
    .set({ invitation_status: 'accepted', email_verified: true, updated_at: new Date() })
    .where('id', '=', verification.value)
    .execute()
}

function isInvalidToken(error: unknown): boolean {
  return (
    error instanceof Error &&
    'body' in error &&
    (error.body as { code?: string } | undefined)?.code === 'INVALID_TOKEN'
  )
}
