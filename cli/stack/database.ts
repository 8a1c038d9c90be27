import pg from 'pg'
import { connectDatabase, type DatabaseConnection } from '../../domain/database/connection.ts'
import { migrateToLatest } from '../../domain/database/migrate.ts'
import { StartFailure } from './failure.ts'

/**
 * Checks that a Postgres of one's own can be used.
 * @throws StartFailure in one line that shows no password.
 */
export async function checkDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
  } catch (error) {
    const { host, pathname } = new URL(url)
    throw new StartFailure(
      `The database of DATABASE_URL (${host}${pathname}) cannot be used: ${reason(error)}`,
      'Start it or correct DATABASE_URL; unset it to use the embedded one',
    )
  } finally {
    await client.end().catch(() => undefined)
  }
}

/**
 * Migrates the database, then does one thing with it.
 * @throws StartFailure when a migration fails.
 */
export async function withMigratedDatabase(
  url: string,
  act: (db: DatabaseConnection) => Promise<void>,
): Promise<void> {
  await migrateDatabase(url)
  const db = connectDatabase(url, { maxConnections: 2 })
  try {
    await act(db)
  } finally {
    await db.destroy()
  }
}

async function migrateDatabase(url: string): Promise<void> {
  const db = connectDatabase(url, { maxConnections: 2, for: 'migrations' })
  try {
    await migrateToLatest(db)
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? `: ${reason(error.cause)}` : ''
    throw new StartFailure(
      `${reason(error)}${cause}`,
      'Nothing of it was kept; correct the cause and start again',
    )
  } finally {
    await db.destroy()
  }
}

/** A refused connection to a name with several addresses is an AggregateError with an empty message. */
function reason(error: unknown): string {
  if (error instanceof AggregateError) return reason(error.errors[0])
  return error instanceof Error ? error.message : String(error)
}
