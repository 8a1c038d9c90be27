import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkDatabaseServer } from '../../cli/doctor/check-servers.ts'
import { readEnvironment } from '../../cli/deployment/environment.ts'
import { migrate } from '../../cli/migrate-command.ts'
import { withMigratedDatabase } from '../../cli/stack/postgres/migrated-database.ts'
import { ensureBootstrapKey } from '../../domain/access/api-keys.ts'
import { freshDatabase, type TestDatabase } from '../stack/database.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database.drop())

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
  const { db, url } = database
  await sql`delete from kysely_migration`.execute(db)
  for (const name of made)
    await sql`insert into kysely_migration (name, timestamp) values (${name}, '')`.execute(db)
  const environment = readEnvironment({ DATABASE_URL: url, DATA_DIR: '/elsewhere/.data' })

  const embedded = { url, dataDir: '/elsewhere/.data' }
  await expect(withMigratedDatabase(embedded, () => ensureBootstrapKey(db, ''))).rejects.toMatchObject(
    inDataFolder,
  )
  await expect(migrate(environment)).rejects.toMatchObject(ownDatabase)

  const external = await checkDatabaseServer(environment, environment, db)
  expect(external.faults).toMatchObject([
    { message: expect.stringContaining('The database of DATABASE_URL') },
  ])
  const embeddedServer = await checkDatabaseServer(
    environment,
    { ...environment, databaseUrl: undefined },
    db,
  )
  expect(embeddedServer.faults).toMatchObject([{ message: `${inDataFolder.message}.` }])
})
