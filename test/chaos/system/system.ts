import { Client, Connection } from '@temporalio/client'
import { freePort } from '../../../cli/stack/ports.ts'
import type { Shutdown } from '../../../cli/stack/processes/shutdown.ts'
import { generateApiKey } from '../../../domain/access/api-keys.ts'
import { connectDatabase, type DatabaseConnection } from '../../../domain/database/connection.ts'
import { migrateToLatest } from '../../../domain/database/migrate.ts'
import { type OwnServer, startOwnPostgres, startOwnTemporal } from './own-servers.ts'
import { createLauncher, type Launcher, type Release, type Started } from './system-processes.ts'

/** The system under test: what really runs in production, each part as a process of its own. */
export interface System {
  origin: string
  apiKey: string
  postgres: OwnServer
  temporal: OwnServer
  /** All workers that run now. */
  workers: Started[]
  api: Started
  launcher: Launcher
  /** Releases of which there is a worker. */
  releases: Release[]
  /** For those who checkInvariants. */
  db: DatabaseConnection
  client: Client
}

/** @param around `shutdown` is told how to stop all that is started, as soon as it is. */
export async function startSystem(around: {
  temporalCliPath: string
  smtpUrl: string
  billing: { url: string; secret: string }
  folder: string
  shutdown: Shutdown
}): Promise<System> {
  const { folder, shutdown, billing } = around
  const postgres = await startOwnPostgres()
  shutdown.add(postgres.remove)
  const temporal = await startOwnTemporal(around.temporalCliPath)
  shutdown.add(temporal.remove)
  const db = connectDatabase(postgres.url)
  shutdown.add(() => db.destroy())
  await migrateToLatest(db)
  const connection = await Connection.connect({ address: temporal.address })
  shutdown.add(() => connection.close())
  const port = await freePort()
  const apiKey = generateApiKey()
  const origin = `http://localhost:${port}`
  const { PATH = '', NODE_COMPILE_CACHE } = process.env
  const variables = {
    PATH,
    ...(NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE }),
    DATABASE_URL: postgres.url,
    TEMPORAL_ADDRESS: temporal.address,
    SMTP_URL: around.smtpUrl,
    BILLING_HTTP_URL: billing.url,
    BILLING_HTTP_SECRET: billing.secret,
    PORT: String(port),
    PUBLIC_URL: origin,
    AUTH_SECRET: generateApiKey(),
    BOOTSTRAP_API_KEY: apiKey,
  }
  const launcher = createLauncher(folder, { variables, shutdown })
  const [worker, api] = await Promise.all([launcher.start('worker', 'first'), launcher.start('api', 'first')])
  return {
    origin,
    apiKey,
    postgres,
    temporal,
    workers: [worker],
    api,
    launcher,
    releases: ['first'],
    db,
    client: new Client({ connection }),
  }
}

/** Ends the workers of the first release once the next one is deployed, which has what runs under way need among its retired steps. */
export async function finishDeploy(system: System): Promise<void> {
  if (!system.releases.includes('next')) return
  system.releases = ['next']
  const [old, next] = [
    system.workers.filter(({ release }) => release === 'first'),
    system.workers.filter(({ release }) => release === 'next'),
  ]
  system.workers = next
  await Promise.all(old.map((worker) => worker.stop()))
}

/** Starts a worker of every release that is deployed, beside those that run. */
export async function startWorkers(system: System): Promise<void> {
  const started = await Promise.all(
    system.releases.map((release) => system.launcher.start('worker', release)),
  )
  system.workers.push(...started)
}
