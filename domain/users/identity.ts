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

/** How the identifier of a verification, which holds its secret token, is stored. The token has 256 random bits. */
export function hashIdentifier(identifier: string): string {
  return createHash('sha256').update(identifier).digest('base64url')
}

/**
 * Passwords and links to choose one, kept by the identity library in our own tables. People are added by the
 * `create-user` step only, so nobody can sign up here.
 * @param settings `secret` signs what the library hands out; at least 32 characters.
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
        // The library refuses to work with columns that it would leave empty in a new user; it never makes one here.
        validateSchema: false,
      },
    },
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: passwordLength.minimum,
      maxPasswordLength: passwordLength.maximum,
      // Whoever knew the old password is out as soon as there is a new one.
      revokeSessionsOnPasswordReset: true,
    },
    user: {
      modelName: 'users',
      fields: {
        name: 'full_name',
        emailVerified: 'email_verified',
        createdAt: 'created_at',
        updatedAt: 'updated_at',
      },
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
        createdAt: 'created_at',
        updatedAt: 'updated_at',
      },
    },
    session: {
      modelName: 'sessions',
      fields: {
        userId: 'user_id',
        expiresAt: 'expires_at',
        ipAddress: 'ip_address',
        userAgent: 'user_agent',
        createdAt: 'created_at',
        updatedAt: 'updated_at',
      },
    },
    verification: {
      modelName: 'verifications',
      // A read of the table must not let anybody choose somebody's password.
      storeIdentifier: { hash: async (identifier) => hashIdentifier(identifier) },
      fields: { expiresAt: 'expires_at', createdAt: 'created_at', updatedAt: 'updated_at' },
    },
  })
}

/** The same, with all it writes in the caller's transaction. */
export function identityWithin(transaction: Transaction<Database>, identity: Identity): Identity {
  const db: DatabaseConnection = transaction
  return betterAuth({ ...identity.options, database: { db, type: 'postgres' } })
}
