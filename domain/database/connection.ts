import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { withPreparedStatements } from './prepared-statements.ts'
import type { Database } from './tables.ts'

export type DatabaseConnection = Kysely<Database>

// A worker frozen in the middle of a transaction must not hold an onboarding's row for ever: the server ends such a
// session, which rolls it back.
const sessionLimits = {
  idle_in_transaction_session_timeout: 15_000,
  statement_timeout: 15_000,
  lock_timeout: 10_000,
} as const

// The server's own limits come first. A server that is frozen or cut off keeps none of them: a request must end all the same.
const answerLimit = 17_000

/**
 * A pooled connection to Postgres. Times read back as `Date`, `bigint` counts as numbers are not used anywhere.
 * Nothing is opened until the first query, so an unreachable server shows there.
 * @param options.for what it is used for: a migration takes as long as its tables are large, and lifts the server’s limits itself.
 */
export function connectDatabase(
  url: string,
  options: { maxConnections?: number; for?: 'requests' | 'migrations' } = {},
): DatabaseConnection {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.maxConnections ?? 20,
    connectionTimeoutMillis: 5_000,
    // A new connection costs a login and plans every statement anew, so one outlives a lull between two bursts.
    idleTimeoutMillis: 300_000,
    application_name: 'tenantry',
    ...(options.for === 'migrations' ? {} : { query_timeout: answerLimit }),
    ...sessionLimits,
  })
  // A connection that the server closes, whether idle or between two statements of a transaction, is replaced, and the
  // next statement fails; without a listener it would end the process.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool: withPreparedStatements(pool) }) })
}
