import { once } from 'node:events'
import { createServer, type IncomingMessage, request as httpRequest, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** What the proxy does to requests after it let `after` of them through. */
export type HttpFault =
  /** The provider gets the request, and its answer never arrives: the connection breaks, or stays silent. */
  | { kind: 'answer lost' | 'answer held back'; after: number }
  /** The provider gets nothing; the proxy answers. */
  | { kind: 'answered'; status: number; headers?: Record<string, string>; body: string; after: number }
  /** The provider gets nothing, and nobody answers. */
  | { kind: 'unheard'; after: number }

export interface HttpProxy {
  /** The provider's address, by way of the proxy. */
  url: string
  /** From now on. It lasts until the next one, so an adapter's own repeats meet it too. Undefined: all is well. */
  meet(fault: HttpFault | undefined): void
  /** Requests that came in since the last `meet`. */
  requests(): number
  /** Resolves when a request is being kept waiting. */
  waiting: Promise<void>
}

/** Puts a proxy in front of a provider that speaks HTTP, for as long as `body` runs. */
export async function throughHttpProxy<Result>(
  providerUrl: string,
  body: (proxy: HttpProxy) => Promise<Result>,
): Promise<Result> {
  const target = new URL(providerUrl)
  const stalled = Promise.withResolvers<void>()
  let requests = 0
  let met: HttpFault | undefined
  const server = createServer((request, response) => {
    requests += 1
    const fault = met !== undefined && requests > met.after ? met : undefined
    pass(target, { request, response, fault, stall: stalled.resolve }).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL(target)
  url.protocol = 'http:'
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  try {
    return await body({
      // A bare origin stays one: some clients add paths to it.
      url: providerUrl.endsWith('/') ? url.href : url.href.replace(/\/$/, ''),
      meet(fault) {
        met = fault
        requests = 0
      },
      requests: () => requests,
      waiting: stalled.promise,
    })
  } finally {
    server.close()
    server.closeAllConnections()
  }
}

interface Passing {
  request: IncomingMessage
  response: ServerResponse
  fault: HttpFault | undefined
  stall(): void
}

async function pass(target: URL, { request, response, fault, stall }: Passing): Promise<void> {
  const body = await buffer(request)
  if (fault?.kind === 'unheard') return stall()
  if (fault?.kind === 'answered') {
    response.writeHead(fault.status, fault.headers).end(fault.body)
    return
  }
  const answer = await forward(target, request, body)
  const answerBody = await buffer(answer)
  if (fault?.kind === 'answer held back') return stall()
  if (fault?.kind === 'answer lost') {
    request.socket.destroy()
    return
  }
  response.writeHead(answer.statusCode ?? 502, answer.headers).end(answerBody)
}

async function forward(target: URL, request: IncomingMessage, body: Buffer): Promise<IncomingMessage> {
  const { host: _, 'transfer-encoding': __, ...headers } = request.headers
  const forwarded = httpRequest(new URL(request.url ?? '/', target), {
    method: request.method,
    headers: { ...headers, host: target.host, 'content-length': body.length, connection: 'close' },
  })
  const answered = once(forwarded, 'response')
  forwarded.end(body)
  const [answer] = await answered
  return answer as IncomingMessage
}
