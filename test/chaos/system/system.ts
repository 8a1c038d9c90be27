import { Client, Connection } from '@temporalio/client'
import { freePort } from '../../../cli/stack/ports.ts'
import type { Shutdown } from '../../../cli/stack/processes/shutdown.ts'
import { generateApiKey } from '../../../domain/access/api-keys.ts'
import { connectDatabase } from '../../../domain/database/connection.ts'
import { migrateToLatest } from '../../../domain/database/migrate.ts'
import type { Recorder } from '../recorder/recorder.ts'
import { startOwnPostgres, startOwnTemporal } from './own-servers.ts'
import { createLauncher, type Release } from './system-processes.ts'

/** The processes of a production deployment, and connections of the test itself. */
export type System = Awaited<ReturnType<typeof startSystem>>

/**
 * Starts the servers, a worker and an API.
 * @param options `shutdown` gets a function to stop each part as soon as the part has started.
 */
export async function startSystem(options: {
  temporalCliPath: string
  recorder: Pick<Recorder, 'smtpUrl' | 'billingUrl'>
  /** The secret that signs the calls of the billing adapter `http`. */
  secret: string
  folder: string
  shutdown: Shutdown
}) {
  const { folder, shutdown, recorder } = options
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
    SMTP_URL: recorder.smtpUrl,
    BILLING_HTTP_URL: recorder.billingUrl,
    BILLING_HTTP_SECRET: options.secret,
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
    /** The workers that run now. */
    workers: [worker],
    api,
    launcher,
    /** The releases that have workers. */
    releases: ['first'] as Release[],
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

/** Kills all workers and starts new ones, which continue the runs. */
export async function replaceWorkers(system: System): Promise<void> {
  await Promise.all(system.workers.splice(0).map((worker) => worker.kill()))
  await startWorkers(system)
}
