import { join } from 'node:path'
import pg from 'pg'
import { freePort } from '../ports.ts'
import { databaseUser, prepareCluster } from './postgres-cluster.ts'
import { preparePostgresHome } from './postgres-home.ts'
import { stopLeftoverPostgres } from './postgres-leftover.ts'
import { type ServerProcess, startServerProcess } from '../processes/server-process.ts'
import { waitUntilReady } from '../processes/wait-until.ts'

const loopback = '127.0.0.1'
const databaseName = 'tenantry'
const stopGraceMs = 15_000

export interface PostgresServerOptions {
  dataDir: string
  port?: number
  logFile?: string
  /** More server settings, such as `{ max_connections: '300' }`. */
  settings?: Record<string, string>
  signal?: AbortSignal
}

export interface PostgresServer extends ServerProcess {
  /** The URL of the existing database, with user and password. */
  url: string
  port: number
}

/**
 * Starts a Postgres server that listens on this machine only, and waits until its database can be used. Existing data is
 * kept. First, the server and the lock file that a killed start left on this data are removed.
 * @throws StartFailure with the next action, when the server cannot be set up or does not get ready.
 */
export async function startPostgres(options: PostgresServerOptions): Promise<PostgresServer> {
  const home = preparePostgresHome(options.dataDir)
  const cluster = prepareCluster(home)
  await stopLeftoverPostgres(cluster.folder)
  const port = options.port ?? (await freePort())
  const logFile = options.logFile ?? join(options.dataDir, 'postgres.log')
  const server = await startServerProcess({
    file: home.binaries.postgres,
    args: [
      '-D',
      cluster.folder,
      '-p',
      String(port),
      ...settingFlags({ ...defaultSettings, ...options.settings }),
    ],
    logFile,
    cwd: home.folder,
    user: home.user,
    stopSignal: 'SIGINT',
    stopGraceMs,
  })
  const url = (database: string) =>
    `postgres://${databaseUser}:${cluster.password}@${loopback}:${port}/${database}`
  try {
    await waitUntilReady(server, { title: 'The embedded Postgres', logFile, signal: options.signal }, () =>
      ensureDatabase(url('postgres')),
    )
  } catch (error) {
    await server.stop()
    throw error
  }
  return { ...server, url: url(databaseName), port }
}

const defaultSettings = {
  listen_addresses: loopback,
  unix_socket_directories: '',
  timezone: 'UTC',
  log_timezone: 'UTC',
  max_connections: '200',
}

function settingFlags(settings: Record<string, string>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

async function ensureDatabase(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    const found = await client.query('select from pg_database where datname = $1', [databaseName])
    if (found.rowCount === 0) await client.query(`create database ${databaseName}`)
    return true
  } finally {
    await client.end()
  }
}
