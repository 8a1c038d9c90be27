import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '../../../cli/stack/postgres/postgres-server.ts'
import { startTemporal } from '../../../cli/stack/temporal/temporal-server.ts'

/** A server of one test, which can be killed and restarted on the same port with the same data. */
export interface OwnServer {
  /** Ends the process with SIGKILL, as a crash does. */
  kill(): Promise<void>
  restart(): Promise<void>
  /** Pauses the process until `thaw`. */
  freeze(): void
  thaw(): void
  /** Stops the server and removes its data. */
  remove(): Promise<void>
}

export async function startOwnPostgres(): Promise<OwnServer & { url: string }> {
  const { server, running } = await startOwn((dataDir, port) => startPostgres({ dataDir, ...port }))
  return { ...server, url: running.url }
}

export type OwnTemporal = OwnServer & { address: string }

/** @param cliPath the `temporal` program. */
export async function startOwnTemporal(cliPath: string): Promise<OwnTemporal> {
  const { server, running } = await startOwn((dataDir, port) => startTemporal({ cliPath, dataDir, ...port }))
  return { ...server, address: running.address }
}

interface Running {
  pid: number
  port: number
  ended: Promise<string>
  stop(): Promise<void>
}

async function startOwn<Server extends Running>(
  start: (dataDir: string, port: { port?: number }) => Promise<Server>,
): Promise<{ server: OwnServer; running: Server }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tenantry-own-'))
  const first = await start(dataDir, {})
  let running = first
  const server: OwnServer = {
    async kill() {
      process.kill(running.pid, 'SIGKILL')
      await running.ended
    },
    async restart() {
      running = await start(dataDir, { port: first.port })
    },
    freeze: () => void process.kill(running.pid, 'SIGSTOP'),
    thaw: () => void process.kill(running.pid, 'SIGCONT'),
    async remove() {
      await running.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
  return { server, running: first }
}
