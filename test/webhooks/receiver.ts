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

/** What a receiver does with a request that it has read: a status, or something of its own. */
type Reaction = (
  event: ReceivedEvent,
  response: ServerResponse,
) => number | undefined | Promise<number | undefined>

const taken: Reaction = () => 204

/** A real HTTP server that verifies what it gets and keeps it. */
export async function startReceiver() {
  const received: { event: ReceivedEvent; headers: Record<string, string>; body: string }[] = []
  let secret: string | undefined
  let react = taken
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
      // One that can't be verified is answered like any other failure, and so never counts as delivered.
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
    /** Every request, in the order in which they came. */
    received,
    types: () => received.map(({ event }) => event.type),
    /** What arrived that is about one organization. */
    about: (organizationId: string) =>
      received.map(({ event }) => event).filter(({ data }) => data.organizationId === organizationId),
    /** From now on, only what is signed with this secret is taken. */
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

export type Receiver = Awaited<ReturnType<typeof startReceiver>>
