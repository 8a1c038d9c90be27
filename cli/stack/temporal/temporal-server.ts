import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { searchAttributes } from '../../../workflows/contract.ts'
import { freePort } from '../ports.ts'
import { removePidFile, stopLeftover, writePidFile } from '../processes/pid-file.ts'
import { type ServerProcess, startServerProcess } from '../processes/server-process.ts'
import { hasSearchAttributes, withTemporal } from './temporal-operator.ts'
import { waitUntilReady } from '../processes/wait-until.ts'

const loopback = '127.0.0.1'
const stopGraceMs = 10_000

export interface TemporalServerOptions {
  cliPath: string
  /** The folder of the server's data; null keeps the data in memory only. */
  dataDir: string | null
  port?: number
  uiPort?: number
  /** The file of its output; by default in the data folder or the system's temporary folder. */
  logFile?: string
  /** Its environment variables; by default those of this process. */
  env?: Record<string, string>
  signal?: AbortSignal
}

export interface TemporalServer extends ServerProcess {
  address: string
  port: number
  uiUrl: string
  uiPort: number
}

/** Waits until it lists the search attributes. @throws StartFailure naming its log, when that takes longer than a minute. */
export async function startTemporal(options: TemporalServerOptions): Promise<TemporalServer> {
  const { dataDir } = options
  if (dataDir !== null) mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const pidFile = dataDir === null ? undefined : join(dataDir, 'temporal.pid')
  if (pidFile !== undefined) await stopLeftover(pidFile, 'SIGTERM')
  const port = options.port ?? (await freePort())
  const uiPort = options.uiPort ?? (await freePort())
  const logFile = options.logFile ?? join(dataDir ?? tmpdir(), 'temporal.log')
  const server = await startServerProcess({
    file: options.cliPath,
    args: serverArguments({ port, uiPort, dataDir }),
    logFile,
    variables: options.env,
    stopGraceMs,
  })
  if (pidFile !== undefined) writePidFile(pidFile, server.pid)
  const address = `${loopback}:${port}`
  const stop = async () => {
    await server.stop()
    if (pidFile !== undefined) removePidFile(pidFile)
  }
  try {
    await waitUntilReady(server, { title: 'The Temporal server', logFile, signal: options.signal }, () =>
      withTemporal({ address, connectTimeout: 1_000 }, (connection) =>
        hasSearchAttributes(connection, 'default'),
      ),
    )
  } catch (error) {
    await stop()
    throw error
  }
  return { ...server, stop, address, port, uiUrl: `http://${loopback}:${uiPort}`, uiPort }
}

function serverArguments(options: { port: number; uiPort: number; dataDir: string | null }): string[] {
  const kept = options.dataDir === null ? [] : ['--db-filename', join(options.dataDir, 'temporal.db')]
  // Without these flags, a workflow task waits up to 50 ms for the transfer queue, and a commit waits for an fsync.
  const tuned = [
    ...(options.dataDir === null
      ? []
      : ['--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=normal']),
    ...['--dynamic-config-value', 'history.transferProcessorMaxPollRPS=2000'],
    ...['--dynamic-config-value', 'system.enableActivityEagerExecution=true'],
    // One partition for a server of one process: a task in a partition without a poller waits for seconds.
    ...['--dynamic-config-value', 'matching.numTaskqueueReadPartitions=1'],
    ...['--dynamic-config-value', 'matching.numTaskqueueWritePartitions=1'],
  ]
  return [
    ...['server', 'start-dev', '--ip', loopback, '--ui-disable-news-fetch'],
    ...['--port', String(options.port), '--ui-port', String(options.uiPort)],
    ...['--namespace', 'default', '--log-level', 'error'],
    ...kept,
    ...tuned,
    ...Object.values(searchAttributes).flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
  ]
}
