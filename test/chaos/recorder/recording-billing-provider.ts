import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { Webhook } from 'standardwebhooks'
import { type CallData, openBooks, Refused } from '../../plugins/http/billing-books.ts'
import type { Books } from './recorder-messages.ts'
import type { FaultInjector } from './fault-injector.ts'

interface Call {
  operation: string
  key: string
  data: CallData
}

/**
 * A billing provider for the adapter `http` that records the effect of each call and injects faults.
 * @param secret the secret that signs the calls.
 */
export function createBillingProvider(faultInjector: FaultInjector, secret: string) {
  const books = openBooks()
  const effects: Books['effects'] = []
  const misuses: string[] = []
  const bodies = new Map<string, string>()
  const webhook = new Webhook(secret)

  /** @throws Refused when the provider refuses the call. */
  const perform = ({ operation, key, data }: Call): object => {
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
  const handleCall = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(request)
    webhook.verify(body, request.headers as Record<string, string>)
    const call = JSON.parse(body) as Call
    const organizationId = organizationOf(call.data)
    if (call.operation === 'ensureCustomer') faultInjector.noteOrganization(organizationId, call.data.name)
    checkKey(call)
    const fault = faultInjector.takeBillingFault(call.operation, organizationId)
    if (fault === 'dropped before') return void request.socket.destroy()
    if (fault === 'too many requests') return reply(response, 429, {}, { 'retry-after': '1' })
    if (fault === 'server error') return reply(response, 500, {})
    if (fault === 'refused') return reply(response, 422, nameRefused)
    const answer = perform(call)
    if (fault === 'answer lost') request.socket.destroy()
    else if (fault === 'garbage')
      response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>It works!</h1>')
    else if (fault === 'held') {
      const end = faultInjector.hold({ organizationId }, () => reply(response, 200, answer))
      response.once('close', end)
    } else if (fault !== 'delayed') reply(response, 200, answer)
  }

  const server: Server = createServer((request, response) => {
    handleCall(request, response).catch((error: unknown) => {
      if (error instanceof Refused) return reply(response, error.status, { ...error.problem })
      misuses.push(`A call could not be read: ${error instanceof Error ? error.name : 'unknown'}.`)
      reply(response, 400, {})
    })
  })
  return {
    server,
    effects,
    misuses,
    openSubscriptions: (): Books['openSubscriptions'] =>
      [...new Set(effects.map(({ organizationId }) => organizationId))].flatMap((organizationId) =>
        books.runningOf(organizationId).map(({ externalId }) => {
          const customerName = books.customerNameOf(externalId)
          return { organizationId, externalId, ...(customerName === undefined ? {} : { customerName }) }
        }),
      ),
  }
}

const nameRefused = {
  code: 'name_refused',
  detail: 'The name is not allowed.',
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
