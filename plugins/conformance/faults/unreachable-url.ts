import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'

/** Returns `url` on this machine, with a port on which no process listens. */
export async function unreachableUrl(url: string): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  const changed = new URL(url)
  changed.port = String(port)
  return changed.href
}
