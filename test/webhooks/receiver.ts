import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { Webhook } from 'standardwebhooks'

export interface ReceivedEvent {
  /** `webhook-id`. */
  id: string
  type: string
  timestamp: string
  data: Record<string, unknown>
}

/** Answers a request. Returns the HTTP status, or undefined if it has used `response` itself. */
type Reaction = (
  event: ReceivedEvent,
  response: ServerResponse,
) => number | undefined | Promise<number | undefined>

const accept: Reaction = () => 204

/** Starts an HTTP server that verifies, records and answers webhooks. It answers with 204 by default. */
export async function startReceiver() {
  const received: { event: ReceivedEvent; headers: Record<string, string>; body: string }[] = []
  let secret: string | undefined
  let react = accept
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await text(request)
    const headers = request.headers as Record<string, string>
    if (secret !== undefined) new Webhook(secret).verify(body, headers)
    const event: ReceivedEvent = { id: String(headers['webhook-id']), ...JSON.parse(body) }
    received.push({ event, headers, body })
    const status = await react(event, response)
    if (status !== undefined) response.writeHead(status).end()
  }
  const create = () =>
    createServer((request, response) => {
      // A webhook with an invalid signature gets 400, so the relay does not count it as delivered.
      handle(request, response).catch(() => response.writeHead(400).end())
    })
  let server = create()
  const listen = async (port: number): Promise<number> => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }
  const goDown = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeAllConnections()
    await closed
  }
  const port = await listen(0)
  return {
    url: `http://127.0.0.1:${port}/webhooks`,
    /** Every request, in the order of arrival. */
    received,
    types: () => received.map(({ event }) => event.type),
    /** The events about one organization. */
    about: (organizationId: string) =>
      received.map(({ event }) => event).filter(({ data }) => data.organizationId === organizationId),
    /** From now on, only webhooks that are signed with this secret are accepted. */
    expectSecret: (expected: unknown) => {
      secret = String(expected)
    },
    answer: (reaction: Reaction) => {
      react = reaction
    },
    goDown,
    async comeBack() {
      server = create()
      await listen(port)
    },
    close: goDown,
  }
}
