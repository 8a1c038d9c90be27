import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { withPreparedStatements } from './prepared-statements.ts'
import type { Database } from './tables.ts'

/** A Kysely connection, or a transaction, with the types of our tables. */
export type DatabaseConnection = Kysely<Database>

// A worker that freezes inside a transaction must not lock the row of a run forever: the server ends such a session and
// rolls its transaction back.
const sessionLimits = {
  idle_in_transaction_session_timeout: 15_000,
  statement_timeout: 15_000,
  lock_timeout: 10_000,
} as const

// A server that is frozen or cut off does not apply its own limits, so the client has one too. It is longer than they are.
const answerLimit = 17_000

/**
 * Makes a connection pool for Postgres. It opens a connection with the first query, so an unreachable server fails there.
 * @param options `maxConnections` is the size of the pool; default 20. `for` is the purpose; default `requests`. For
 * `migrations` the client has no time limit, because a migration takes longer on larger tables.
 */
export function connectDatabase(
  url: string,
  options: { maxConnections?: number; for?: 'requests' | 'migrations' } = {},
): DatabaseConnection {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.maxConnections ?? 20,
    connectionTimeoutMillis: 5_000,
    // Five minutes: a new connection costs a login and plans each statement again.
    idleTimeoutMillis: 300_000,
    application_name: 'tenantry',
    ...(options.for === 'migrations' ? {} : { query_timeout: answerLimit }),
    ...sessionLimits,
  })
  // The server may close a connection that is idle or between two statements of a transaction. The next statement fails
  // and the pool replaces the connection. Without a listener the event would end the process.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool: withPreparedStatements(pool) }) })
}
