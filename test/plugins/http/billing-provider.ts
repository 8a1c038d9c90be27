import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { Webhook } from 'standardwebhooks'
import { type CallData, openBooks, Refused } from './billing-books.ts'

export const providerSecret = 'whsec_dGVuYW50cnktdGVzdC1wcm92aWRlci1zZWNyZXQ='

/** An invoice as a provider sends it. */
export const sentInvoice = {
  externalId: 'in_1',
  kind: 'invoice',
  number: 'A-1',
  currency: 'USD',
  lines: [{ description: 'Licenses', quantity: 2, unitAmount: 700, amount: 1_400 }],
  total: 1_400,
  issuedAt: '2031-03-01T00:00:00Z',
}

/** A call that the provider received. */
export interface ReceivedCall {
  method: string | undefined
  headers: IncomingMessage['headers']
  body: { operation: string; key: string; data: CallData }
}

/**
 * A fault of the provider. `down` and `refusing` answer 503 and 422 and do nothing. `answer lost` and `hanging` carry out the
 * call; then the connection breaks, or stays open without an answer.
 */
export type Fault = 'down' | 'refusing' | 'answer lost' | 'hanging' | undefined

const noFault: (call: ReceivedCall['body']) => Fault = () => undefined

/** Starts a billing provider with the protocol of the adapter `http`. It keeps records and verifies signatures. */
export async function startBillingProvider() {
  const books = openBooks()
  const received: ReceivedCall[] = []
  const seen = new Set<string>()
  let faultOf = noFault
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await text(request)
    try {
      verify(request, body, seen)
      const call = JSON.parse(body) as ReceivedCall['body']
      received.push({ method: request.method, headers: request.headers, body: call })
      if (request.headers['idempotency-key'] !== call.key) throw new Refused(400, { code: 'key_mismatch' })
      const fault = faultOf(call)
      if (fault === 'down') throw new Refused(503, { code: 'down' })
      if (fault === 'refusing') throw new Refused(422, { code: 'refusing' })
      const answered = books.answer(call.operation, call.key, call.data)
      if (fault === 'answer lost') response.destroy()
      else if (fault !== 'hanging') reply(response, 200, answered)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      reply(response, error.status, { status: error.status, ...error.problem })
    }
  }
  const server = createServer((request, response) => void answer(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/calls`,
    books,
    received,
    /** Sets the fault of each further call. */
    behave(decide: (call: ReceivedCall['body']) => Fault) {
      faultOf = decide
    },
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

export type BillingProvider = Awaited<ReturnType<typeof startBillingProvider>>

function verify({ headers }: IncomingMessage, body: string, seen: Set<string>): void {
  try {
    new Webhook(providerSecret).verify(body, headers as Record<string, string>)
  } catch {
    throw new Refused(401, { code: 'signature_wrong' })
  }
  const id = String(headers['webhook-id'])
  if (seen.has(id)) throw new Refused(401, { code: 'played_back' })
  seen.add(id)
}

function reply(response: ServerResponse, status: number, body: object): void {
  const type = status < 400 ? 'application/json' : 'application/problem+json'
  response.writeHead(status, { 'content-type': type }).end(JSON.stringify(body))
}
