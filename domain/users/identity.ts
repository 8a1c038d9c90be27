import { createHash } from 'node:crypto'
import { betterAuth } from 'better-auth'
import type { Transaction } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { Database } from '../database/tables.ts'
import { newId } from '../ids.ts'

export type Identity = ReturnType<typeof createIdentity>

export const passwordLength = { minimum: 12, maximum: 128 } as const

const idPrefixes: Record<string, 'usr' | 'cred' | 'ses' | 'ver'> = {
  user: 'usr',
  account: 'cred',
  session: 'ses',
  verification: 'ver',
}

const times = { createdAt: 'created_at', updatedAt: 'updated_at' } as const

/** The stored form of the identifier of a verification. The identifier contains a secret token of 256 random bits. */
export function hashIdentifier(identifier: string): string {
  return createHash('sha256').update(identifier).digest('base64url')
}

/**
 * Configures the identity library, which keeps passwords, password links and sessions in our own tables. Sign-up is
 * disabled, because only the step `create-user` adds users.
 * @param settings `publicUrl` is the origin of links. `secret` signs the tokens of the library; at least 32 characters.
 */
export function createIdentity(settings: { db: DatabaseConnection; publicUrl: string; secret: string }) {
  return betterAuth({
    baseURL: settings.publicUrl,
    secret: settings.secret,
    database: { db: settings.db, type: 'postgres' },
    telemetry: { enabled: false },
    logger: { level: 'error' },
    advanced: {
      database: {
        generateId: ({ model }) => newId(idPrefixes[model] ?? 'ver'),
        // The library rejects required columns that it does not fill in a new user. It never inserts a user here.
        validateSchema: false,
      },
    },
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: passwordLength.minimum,
      maxPasswordLength: passwordLength.maximum,
      // A new password signs out everyone who used the old one.
      revokeSessionsOnPasswordReset: true,
    },
    user: {
      modelName: 'users',
      fields: { name: 'full_name', emailVerified: 'email_verified', ...times },
    },
    account: {
      modelName: 'credentials',
      fields: {
        accountId: 'account_id',
        providerId: 'provider_id',
        userId: 'user_id',
        accessToken: 'access_token',
        refreshToken: 'refresh_token',
        idToken: 'id_token',
        accessTokenExpiresAt: 'access_token_expires_at',
        refreshTokenExpiresAt: 'refresh_token_expires_at',
        ...times,
      },
    },
    session: {
      modelName: 'sessions',
      fields: {
        userId: 'user_id',
        expiresAt: 'expires_at',
        ipAddress: 'ip_address',
        userAgent: 'user_agent',
        ...times,
      },
    },
    verification: {
      modelName: 'verifications',
      // A reader of the table must not be able to use a password link.
      storeIdentifier: { hash: async (identifier) => hashIdentifier(identifier) },
      fields: { expiresAt: 'expires_at', ...times },
    },
  })
}

/** The identity library with all its statements in a transaction. */
export function identityWithin(transaction: Transaction<Database>, identity: Identity): Identity {
  const db: DatabaseConnection = transaction
  return betterAuth({ ...identity.options, database: { db, type: 'postgres' } })
}
