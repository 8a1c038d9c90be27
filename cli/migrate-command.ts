import type { Environment } from './deployment/environment.ts'
import { withMigratedDatabase } from './stack/postgres/migrated-database.ts'
import { StartFailure } from './stack/failure.ts'

/** @returns the exit code. @throws StartFailure when DATABASE_URL is not set, or the database cannot be migrated. */
export async function migrate({ databaseUrl }: Environment): Promise<number> {
  if (databaseUrl === undefined)
    throw new StartFailure('DATABASE_URL is not set', 'Set it to the URL of the database to migrate')
  await withMigratedDatabase({ url: databaseUrl }, async () => undefined)
  console.log('The database has the newest schema.')
  return 0
}
