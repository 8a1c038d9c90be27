import { Client, Connection } from '@temporalio/client'
import { freePort } from '../../../cli/stack/ports.ts'
import type { Shutdown } from '../../../cli/stack/processes/shutdown.ts'
import { generateApiKey } from '../../../domain/access/api-keys.ts'
import { connectDatabase, type DatabaseConnection } from '../../../domain/database/connection.ts'
import { migrateToLatest } from '../../../domain/database/migrate.ts'
import { type OwnServer, startOwnPostgres, startOwnTemporal } from './own-servers.ts'
import { createLauncher, type Launcher, type Release, type SystemProcess } from './system-processes.ts'

/** The system under test: the processes of a production deployment. */
export interface System {
  origin: string
  apiKey: string
  postgres: OwnServer
  temporal: OwnServer
  /** The workers that run now. */
  workers: SystemProcess[]
  api: SystemProcess
  launcher: Launcher
  /** The releases that have workers. */
  releases: Release[]
  /** The connections of the test itself. */
  db: DatabaseConnection
  client: Client
}

/**
 * Starts the servers, a worker and an API.
 * @param options `shutdown` gets a function to stop each part as soon as the part has started.
 */
export async function startSystem(options: {
  temporalCliPath: string
  smtpUrl: string
  billing: { url: string; secret: string }
  folder: string
  shutdown: Shutdown
}): Promise<System> {
  const { folder, shutdown, billing } = options
  const postgres = await startOwnPostgres()
  shutdown.add(postgres.remove)
  const temporal = await startOwnTemporal(options.temporalCliPath)
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
    SMTP_URL: options.smtpUrl,
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

/** Stops the workers of the first release if the next one is deployed. Its retired steps continue the open runs. */
export async function finishDeploy(system: System): Promise<void> {
  if (!system.releases.includes('next')) return
  system.releases = ['next']
  const old = system.workers.filter(({ release }) => release === 'first')
  system.workers = system.workers.filter(({ release }) => release === 'next')
  await Promise.all(old.map((worker) => worker.stop()))
}

/** Starts a worker of each deployed release. */
export async function startWorkers(system: System): Promise<void> {
  const started = await Promise.all(
    system.releases.map((release) => system.launcher.start('worker', release)),
  )
  system.workers.push(...started)
}
