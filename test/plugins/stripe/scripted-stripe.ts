import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Script {
  /** Undefined receives the request and never answers. */
  status?: number
  headers?: Record<string, string>
  body?: string
}

/** Starts a server that gives one answer to every request, for answers that neither Stripe mock can give. */
export async function startScriptedStripe(script: Script) {
  const received = Promise.withResolvers<void>()
  const server = createServer((request, response) => {
    request.resume()
    received.resolve()
    if (script.status === undefined) return
    response
      .writeHead(script.status, { 'content-type': 'application/json', ...script.headers })
      .end(script.body ?? '{}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Resolves when a request has come in. */
    received: received.promise,
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
