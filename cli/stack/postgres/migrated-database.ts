import pg from 'pg'
import { connectDatabase, type DatabaseConnection } from '../../../domain/database/connection.ts'
import { AnotherSchema, migrateToLatest } from '../../../domain/database/migrate.ts'
import { StartFailure } from '../failure.ts'

/** Checks that the Postgres of DATABASE_URL can be used. @throws StartFailure in one line that shows no password. */
export async function checkDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
  } catch (error) {
    throw new StartFailure(
      `${ownDatabase(url)} cannot be used: ${reason(error)}`,
      'Start the database or correct DATABASE_URL; unset it to use the embedded database',
    )
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** The database of DATABASE_URL, or the embedded database of a data folder. */
export interface DatabasePlace {
  url: string
  dataDir?: string
}

/** @throws StartFailure when a migration fails, or no migration leads from its schema to this one. */
export async function withMigratedDatabase<Result>(
  place: DatabasePlace,
  act: (db: DatabaseConnection) => Promise<Result>,
): Promise<Result> {
  const { url } = place
  await migrateDatabase(place)
  const db = connectDatabase(url, { maxConnections: 2 })
  try {
    return await act(db)
  } finally {
    await db.destroy()
  }
}

/** The failure for a database with another schema version. Before the first release, no migration leads to this one. */
export function anotherSchema({ url, dataDir }: DatabasePlace): StartFailure {
  const subject = dataDir === undefined ? ownDatabase(url) : `The data folder ${dataDir}`
  const remediation =
    dataDir === undefined ? 'Drop the database and create it anew' : 'Delete the folder and run `npm start`'
  return new StartFailure(
    `${subject} was made with another version of the schema`,
    `${remediation}: its data is lost, because there is no migration before the first release`,
  )
}

async function migrateDatabase(place: DatabasePlace): Promise<void> {
  const db = connectDatabase(place.url, { maxConnections: 2, for: 'migrations' })
  try {
    await migrateToLatest(db)
  } catch (error) {
    if (error instanceof AnotherSchema) throw anotherSchema(place)
    const cause = error instanceof Error && error.cause !== undefined ? `: ${reason(error.cause)}` : ''
    throw new StartFailure(
      `${reason(error)}${cause}`,
      'The migration was rolled back; correct the cause and start again',
    )
  } finally {
    await db.destroy()
  }
}

function ownDatabase(url: string): string {
  const { host, pathname } = new URL(url)
  return `The database of DATABASE_URL (${host}${pathname})`
}

/** A refused connection to a name with several addresses is an AggregateError with an empty message. */
function reason(error: unknown): string {
  if (error instanceof AggregateError) return reason(error.errors[0])
  return error instanceof Error ? error.message : String(error)
}
