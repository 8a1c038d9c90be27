import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '../../../cli/stack/postgres/postgres-server.ts'
import { startTemporal } from '../../../cli/stack/temporal/temporal-server.ts'

/** A server that may be killed and started again, on the same port and the same data. */
export interface OwnServer {
  /** At once, as a crash does. */
  kill(): Promise<void>
  restart(): Promise<void>
  /** Stops answering without ending, until it is thawed. */
  freeze(): void
  thaw(): void
  /** Ends it and removes its data. */
  remove(): Promise<void>
}

export async function startOwnPostgres(): Promise<OwnServer & { url: string }> {
  const { server, running } = await own((dataDir, port) => startPostgres({ dataDir, ...port }))
  return { ...server, url: running.url }
}

export async function startOwnTemporal(cliPath: string): Promise<OwnServer & { address: string }> {
  const { server, running } = await own((dataDir, port) => startTemporal({ cliPath, dataDir, ...port }))
  return { ...server, address: running.address }
}

interface Running {
  pid: number
  port: number
  ended: Promise<string>
  stop(): Promise<void>
}

async function own<Server extends Running>(
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
