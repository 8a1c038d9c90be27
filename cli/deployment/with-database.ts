import { connectDatabase, type DatabaseConnection } from '../../domain/database/connection.ts'
import { embeddedDatabaseUrl } from './embedded-servers.ts'
import { readEnvironment } from './environment.ts'

/** Connects to the database of the deployment, which may be that of a running `npm start`. */
export async function withDatabase<Result>(
  act: (db: DatabaseConnection) => Promise<Result>,
): Promise<Result> {
  const environment = readEnvironment()
  const db = connectDatabase(environment.databaseUrl ?? embeddedDatabaseUrl(environment.dataDir), {
    maxConnections: 1,
  })
  try {
    return await act(db)
  } finally {
    await db.destroy()
  }
}
