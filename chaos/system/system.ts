import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, Connection } from '@temporalio/client'
import { freePort } from '../../cli/stack/ports.ts'
import { generateApiKey } from '../../domain/api-keys.ts'
import { connectDatabase, type DatabaseConnection } from '../../domain/database/connection.ts'
import { migrateToLatest } from '../../domain/database/migrate.ts'
import { type OwnServer, startOwnPostgres, startOwnTemporal } from './own-servers.ts'
import { createLauncher, type Launcher, type Release, type Started } from './processes.ts'

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
  /** For those who judge. */
  db: DatabaseConnection
  client: Client
  /** Where the logs of all processes are. */
  folder: string
  stop(options: { keepLogs: boolean }): Promise<void>
}

export async function startSystem(around: {
  temporalCliPath: string
  smtpUrl: string
  billing: { url: string; secret: string }
}): Promise<System> {
  const folder = await mkdtemp(join(tmpdir(), 'tenantry-chaos-'))
  const [postgres, temporal, port] = await Promise.all([
    startOwnPostgres(),
    startOwnTemporal(around.temporalCliPath),
    freePort(),
  ])
  const db = connectDatabase(postgres.url)
  await migrateToLatest(db)
  const connection = await Connection.connect({ address: temporal.address })
  const apiKey = generateApiKey()
  const origin = `http://localhost:${port}`
  const launcher = createLauncher(folder, {
    PATH: process.env.PATH ?? '',
    ...(process.env.NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE }),
    DATABASE_URL: postgres.url,
    TEMPORAL_ADDRESS: temporal.address,
    SMTP_URL: around.smtpUrl,
    BILLING_HTTP_URL: around.billing.url,
    BILLING_HTTP_SECRET: around.billing.secret,
    PORT: String(port),
    PUBLIC_URL: origin,
    AUTH_SECRET: generateApiKey(),
    BOOTSTRAP_API_KEY: apiKey,
  })
  const [worker, api] = await Promise.all([launcher.start('worker', 'first'), launcher.start('api', 'first')])

  const system: System = {
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
    folder,
    async stop({ keepLogs }) {
      await Promise.all([...system.workers, system.api].map((each) => each.kill()))
      await connection.close()
      await db.destroy()
      await temporal.remove()
      await postgres.remove()
      if (!keepLogs) await rm(folder, { recursive: true, force: true })
    },
  }
  return system
}

/** Starts a worker of every release that is deployed, beside those that run. */
export async function startWorkers(system: System): Promise<void> {
  const started = await Promise.all(system.releases.map((release) => system.launcher.start('worker', release)))
  system.workers.push(...started)
}
