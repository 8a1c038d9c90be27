import { sql } from 'kysely'
import { afterAll, expect, test } from 'vitest'
import { checkDatabaseServer } from '../../cli/doctor/check-servers.ts'
import { readEnvironment } from '../../cli/deployment/environment.ts'
import { migrate } from '../../cli/migrate-command.ts'
import { withMigratedDatabase } from '../../cli/stack/postgres/migrated-database.ts'
import { ensureBootstrapKey } from '../../domain/access/api-keys.ts'
import { freshDatabase } from '../stack/database.ts'

const { db, url, drop } = await freshDatabase()
afterAll(drop)

const inDataFolder = {
  message: 'The data folder /elsewhere/.data was made with another version of the schema',
  nextAction: expect.stringMatching(/^Delete the folder and run `npm start`: its data is lost/),
}
const ownDatabase = {
  message: expect.stringMatching(
    /^The database of DATABASE_URL \(\S+\/test_\w+\) was made with another version of the schema$/,
  ),
  nextAction: expect.stringMatching(/^Drop the database and create it anew: its data is lost/),
}

test.each([
  ['another version of the one migration', ['0001_schema_000000000000']],
  ['the migrations from before the single migration', ['0001_initial', '0002_platform']],
])('an error names a database that was made by %s, and says how to reset it', async (_, made) => {
  await sql`delete from kysely_migration`.execute(db)
  for (const name of made)
    await sql`insert into kysely_migration (name, timestamp) values (${name}, '')`.execute(db)
  const environment = readEnvironment({ DATABASE_URL: url, DATA_DIR: '/elsewhere/.data' })

  const embedded = { url, dataDir: '/elsewhere/.data' }
  const withKey = withMigratedDatabase(embedded, () => ensureBootstrapKey(db, ''))
  await expect(withKey).rejects.toMatchObject(inDataFolder)
  await expect(migrate(environment)).rejects.toMatchObject(ownDatabase)

  const external = await checkDatabaseServer(environment, environment, db)
  const message: string = expect.stringContaining('The database of DATABASE_URL')
  expect(external.faults).toMatchObject([{ message }])
  const inFolder = { ...environment, databaseUrl: undefined }
  const embeddedServer = await checkDatabaseServer(environment, inFolder, db)
  expect(embeddedServer.faults).toMatchObject([{ message: `${inDataFolder.message}.` }])
})
