import { once } from 'node:events'
import { createServer, type IncomingMessage, request as httpRequest, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** What the proxy does with a request after it has passed on `after` requests. */
export type HttpFault =
  /** The proxy passes on the request and drops the answer: it breaks the connection (lost), or keeps it open (held back). */
  | { kind: 'answer lost' | 'answer held back'; after: number }
  /** The proxy answers by itself. The provider does not get the request. */
  | { kind: 'answered'; status: number; headers?: Record<string, string>; body: string; after: number }
  /** The proxy drops the request and keeps the connection open. */
  | { kind: 'unheard'; after: number }

export interface HttpProxy {
  /** The address of the proxy, with the path of the provider. */
  url: string
  /** Sets the fault until the next call of `meet`, also for repeated requests. Undefined: no fault. */
  meet(fault: HttpFault | undefined): void
  /** The number of requests since the last `meet`. */
  requests(): number
  /** Resolves when the proxy holds a request without an answer. */
  waiting: Promise<void>
}

/** Runs a proxy in front of an HTTP provider while `body` runs. */
export async function throughHttpProxy<Result>(
  providerUrl: string,
  body: (proxy: HttpProxy) => Promise<Result>,
): Promise<Result> {
  const target = new URL(providerUrl)
  const stalled = Promise.withResolvers<void>()
  let requests = 0
  let current: HttpFault | undefined
  const server = createServer((request, response) => {
    requests += 1
    const fault = current !== undefined && requests > current.after ? current : undefined
    pass(target, { request, response, fault, stall: stalled.resolve }).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL(target)
  url.protocol = 'http:'
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  try {
    return await body({
      // Keep a bare origin without a slash, because some clients append paths to it.
      url: providerUrl.endsWith('/') ? url.href : url.href.replace(/\/$/, ''),
      meet(fault) {
        current = fault
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
