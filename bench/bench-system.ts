import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Client, Connection } from '@temporalio/client'
import { projectRoot, readEnvironment } from '../cli/deployment/environment.ts'
import { startApplication } from '../cli/stack/application-process.ts'
import { findTemporalCli } from '../cli/stack/temporal/find-program.ts'
import { freePort } from '../cli/stack/ports.ts'
import { startPostgres } from '../cli/stack/postgres/postgres-server.ts'
import { startTemporal } from '../cli/stack/temporal/temporal-server.ts'
import { defaultConfigPath } from '../cli/deployment/compose.ts'
import { ensureBootstrapKey, generateApiKey } from '../domain/access/api-keys.ts'
import { connectDatabase } from '../domain/database/connection.ts'
import { migrateToLatest } from '../domain/database/migrate.ts'
import { platformId } from '../domain/organizations/read-organizations.ts'

/** Starts Temporal, Postgres, a mail sink, our worker and API, and the baseline worker. */
export async function startSystem() {
  const folder = await mkdtemp(join(tmpdir(), 'tenantry-bench-'))
  const { temporalCliPath: explicitPath } = readEnvironment()
  const search = { searchPath: process.env.PATH, cacheDir: join(projectRoot, '.cache') }
  const cliPath = await findTemporalCli(explicitPath === undefined ? search : { ...search, explicitPath })
  const postgres = await startPostgres({ dataDir: join(folder, 'postgres') })
  const temporal = await startTemporal({ cliPath, dataDir: join(folder, 'temporal') })
  const sink = await forkReady('./mail-sink-process.ts', process.env)

  const apiKey = generateApiKey()
  const db = connectDatabase(postgres.url)
  await migrateToLatest(db)
  await ensureBootstrapKey(db, apiKey)
  const parentId = await platformId(db)
  await db.destroy()

  const port = await freePort()
  const variables = {
    PATH: process.env.PATH ?? '',
    DATABASE_URL: postgres.url,
    SMTP_URL: `smtp://127.0.0.1:${sink.port}`,
    PORT: String(port),
    TEMPORAL_ADDRESS: temporal.address,
    AUTH_SECRET: generateApiKey(),
    BOOTSTRAP_API_KEY: apiKey,
    LOG_LEVEL: 'error',
  }
  const application = await startApplication({
    command: 'serve',
    title: 'worker and API',
    configPath: defaultConfigPath,
    dataDir: folder,
    variables,
    signal: new AbortController().signal,
  })
  const baseline = await forkReady('./baseline-worker-process.ts', variables)
  const connection = await Connection.connect({ address: temporal.address })

  return {
    origin: `http://127.0.0.1:${port}`,
    apiKey,
    client: new Client({ connection }),
    parentId,
    databaseUrl: postgres.url,
    /** Process ids by name. The child processes of Postgres are included. */
    processes: {
      Temporal: temporal.pid,
      Postgres: postgres.pid,
      'worker and API': application.pid,
      'baseline worker': baseline.child.pid ?? 0,
      'load generator': process.pid,
    },
    async stop(): Promise<void> {
      await connection.close()
      await application.stop()
      baseline.child.disconnect()
      sink.child.disconnect()
      await postgres.stop()
      await temporal.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function forkReady(
  script: string,
  env: NodeJS.ProcessEnv,
): Promise<{ child: ChildProcess; port?: number }> {
  const child = fork(fileURLToPath(new URL(script, import.meta.url)), { env, execArgv: [] })
  const [message] = await once(child, 'message')
  return { child, port: message.port }
}
