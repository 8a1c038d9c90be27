import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { Webhook } from 'standardwebhooks'
import { type CallData, openBooks, Refused } from '../../plugins/http/billing-books.ts'
import type { Books } from './recorder-messages.ts'
import type { TroubleMaker } from './trouble-maker.ts'

interface Call {
  operation: string
  key: string
  data: CallData
}

/** A billing provider that speaks the protocol of the adapter `http`, and counts what each call did. */
export function createBillingProvider(troubleMaker: TroubleMaker, secret: string) {
  const books = openBooks()
  const effects: Books['effects'] = []
  const misuses: string[] = []
  const bodies = new Map<string, string>()
  const webhook = new Webhook(secret)

  /** @throws Refused */
  const carryOut = ({ operation, key, data }: Call): object => {
    const before = books.effects()
    const answer = books.answer(operation, key, data)
    if (books.effects() > before) effects.push(effectOf({ operation, key, data }, answer))
    return answer
  }
  const checkKey = ({ operation, key, data }: Call): void => {
    if (operation === 'find' || operation === 'readUsage' || operation === 'check') return
    const body = JSON.stringify([operation, data])
    if ((bodies.get(key) ?? body) !== body) misuses.push(`The key ${key} came with two bodies.`)
    bodies.set(key, body)
  }
  const meetCall = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(request)
    webhook.verify(body, request.headers as Record<string, string>)
    const call = JSON.parse(body) as Call
    const organizationId = organizationOf(call.data)
    if (call.operation === 'ensureCustomer') troubleMaker.knows(organizationId, call.data.name)
    checkKey(call)
    const trouble = troubleMaker.ofCall(call.operation, organizationId)
    if (trouble === 'dropped before') return void request.socket.destroy()
    if (trouble === 'too many requests') return reply(response, 429, {}, { 'retry-after': '1' })
    if (trouble === 'server error') return reply(response, 500, {})
    if (trouble === 'refused') return reply(response, 422, nameRefused)
    const answer = carryOut(call)
    if (trouble === 'answer lost') request.socket.destroy()
    else if (trouble === 'garbage')
      response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>It works!</h1>')
    else if (trouble === 'held') {
      const end = troubleMaker.hold({ organizationId }, () => reply(response, 200, answer))
      response.once('close', end)
    } else if (trouble !== 'delayed') reply(response, 200, answer)
  }

  const server: Server = createServer((request, response) => {
    meetCall(request, response).catch((error: unknown) => {
      if (error instanceof Refused) return reply(response, error.status, { ...error.problem })
      misuses.push(`A call could not be read: ${error instanceof Error ? error.name : 'unknown'}.`)
      reply(response, 400, {})
    })
  })
  return {
    server,
    effects,
    misuses,
    running: (): Books['running'] =>
      [...new Set(effects.map(({ organizationId }) => organizationId))].flatMap((organizationId) =>
        books.runningOf(organizationId).map(({ externalId }) => ({ organizationId, externalId })),
      ),
  }
}

const nameRefused = {
  code: 'name_refused',
  detail: 'The name can not be used.',
  errors: [{ pointer: '/name', message: 'Choose another name.' }],
}

function organizationOf(data: Partial<CallData>): string {
  return data.organizationId ?? data.subscription?.organizationId ?? ''
}

function effectOf({ operation, key, data }: Call, answer: object): Books['effects'][number] {
  return {
    operation,
    key,
    organizationId: organizationOf(data),
    ...('externalId' in answer ? { externalId: String(answer.externalId) } : {}),
    ...(operation === 'reportUsage' ? { month: data.month, usage: data.usage } : {}),
  }
}

function reply(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): void {
  const type = status < 400 ? 'application/json' : 'application/problem+json'
  response.writeHead(status, { 'content-type': type, ...headers }).end(JSON.stringify(body))
}
