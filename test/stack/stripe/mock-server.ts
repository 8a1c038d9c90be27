import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../../cli/stack/ports.ts'
import { startServerProcess } from '../../../cli/stack/processes/server-process.ts'
import { waitUntilReady } from '../../../cli/stack/processes/wait-until.ts'

export interface MockServer {
  url: string
  stop(): Promise<void>
}

/**
 * Starts a mock of Stripe on a free port and waits until it answers HTTP.
 * @param command returns the program and its arguments for a port.
 */
export async function startMockServer(
  title: string,
  command: (port: number) => { file: string; args: string[]; variables?: Record<string, string> },
): Promise<MockServer> {
  const folder = await mkdtemp(join(tmpdir(), 'tenantry-stripe-'))
  const logFile = join(folder, 'server.log')
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const server = await startServerProcess({ ...command(port), logFile, stopGraceMs: 5_000 })
  await waitUntilReady(server, { title, logFile }, async () => (await fetch(url)).status > 0)
  return {
    url,
    async stop() {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
