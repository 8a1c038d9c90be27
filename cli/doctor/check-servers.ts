import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { AnotherSchema, pendingMigrations } from '../../domain/database/migrate.ts'
import type { Fault } from '../../plugins/faults.ts'
import type { Environment } from '../deployment/environment.ts'
import { anotherSchema, checkDatabase, type DatabasePlace } from '../stack/postgres/migrated-database.ts'
import { StartFailure } from '../stack/failure.ts'
import { checkTemporal } from '../stack/temporal/temporal-remote.ts'
import { asFault, type Verdict } from './verdict.ts'

type Servers = Pick<Environment, 'databaseUrl' | 'dataDir' | 'temporal'>

/** @param set the settings before they were completed with the embedded servers. */
export async function checkDatabaseServer(
  { databaseUrl }: Servers,
  set: Servers,
  db: DatabaseConnection,
): Promise<Verdict> {
  if (databaseUrl === undefined)
    return { title: 'Database', faults: [notStarted('No database is set.', 'DATABASE_URL')] }
  const { host, pathname } = new URL(databaseUrl)
  const title = `Database (${host}${pathname})`
  const unusable = await faultOf(() => checkDatabase(databaseUrl))
  if (unusable === undefined) {
    const place = { url: databaseUrl, ...(set.databaseUrl === undefined ? { dataDir: set.dataDir } : {}) }
    const old = await faultOf(() => requireNewestSchema(db, place))
    return { title, faults: old === undefined ? [] : [old] }
  }
  // The address of an embedded server is not a setting, so there is no setting to correct.
  const embedded = notStarted('The embedded Postgres does not answer.', 'DATABASE_URL')
  return { title, faults: [set.databaseUrl === undefined ? embedded : unusable] }
}

/** Checks that Temporal answers and has the namespace with its search attributes. */
export async function checkTemporalServer({ temporal }: Servers, set: Servers): Promise<Verdict> {
  const title = `Temporal (${temporal.address}, namespace ${temporal.namespace})`
  const fault = await faultOf(() => checkTemporal(temporal))
  if (fault === undefined) return { title, faults: [] }
  const embedded = notStarted('The embedded Temporal does not answer.', 'TEMPORAL_ADDRESS')
  return { title, faults: [set.temporal.configured ? fault : embedded] }
}

async function requireNewestSchema(db: DatabaseConnection, place: DatabasePlace): Promise<void> {
  const pending = await pendingMigrations(db).catch((error: unknown) => {
    throw error instanceof AnotherSchema ? anotherSchema(place) : error
  })
  if (pending.length === 0) return
  throw new StartFailure(
    `The schema is not the newest: ${pending.length === 1 ? '1 migration is' : `${pending.length} migrations are`} missing, from ${pending[0]} on`,
    'Run `npx tenantry migrate`, or `npm start`, which migrates by itself',
  )
}

async function faultOf(check: () => Promise<void>): Promise<Fault | undefined> {
  try {
    await check()
    return undefined
  } catch (error) {
    if (error instanceof StartFailure) return asFault(error)
    const reason = error instanceof Error ? error.message : String(error)
    return { message: `The check failed: ${reason}.`, nextAction: 'Read the log of the server.' }
  }
}

function notStarted(message: string, variable: string): Fault {
  return { message, nextAction: `Run \`npm start\` and keep it running, or set ${variable}.` }
}
