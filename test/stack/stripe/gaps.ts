import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { invoiceGaps } from './gaps-invoices.ts'
import { productGaps } from './gaps-products.ts'
import { searchGap } from './gaps-search.ts'
import { subscriptionGaps } from './gaps-subscriptions.ts'
import type { Answer, Call, Forward, Gap } from './gap.ts'
import type { MockServer } from './mock-server.ts'

export interface StripeWithState extends MockServer {
  /** @returns all calls so far. */
  calls(): Call[]
  /** @returns the calls with an effect, such as `POST /v1/customers`. Refused calls and repeated keys have none. */
  effects(): string[]
  /** Makes search find nothing, as Stripe's search does not find new objects for a while. */
  blindSearch(blind: boolean): void
  /** Forgets the idempotency keys so far, as Stripe does after 24 hours. */
  forgetKeys(): void
}

/**
 * Starts a proxy that adds to localstripe the features that our adapter needs: idempotency keys, search, prices and metadata of
 * subscriptions, draft invoices with items, and credit notes. All other calls go to localstripe.
 */
export async function fillGaps(localstripe: MockServer): Promise<StripeWithState> {
  const answered = new Map<string, { callText: string; answer: Answer }>()
  const calls: Call[] = []
  const effects: string[] = []
  const invoices = invoiceGaps()
  const gaps = [productGaps(), subscriptionGaps(invoices), invoices.gap]

  const forward: Forward = async ({ method, path, params, authorization }) => {
    const target = new URL(path, localstripe.url)
    if (method === 'GET') target.search = params.toString()
    const response = await fetch(target, {
      method,
      headers: { authorization },
      ...(method === 'POST' ? { body: params } : {}),
    })
    return { status: response.status, body: (await response.json()) as Answer['body'] }
  }
  const search = searchGap(async (call) => firstOf(gaps, call, forward))

  const answerTo = async (call: Call, key: string): Promise<Answer> => {
    // localstripe refuses wrong API keys itself.
    if (!call.authorization.startsWith('Bearer sk_')) return forward(call)
    const callText = `${call.path}?${call.params.toString()}`
    const earlier = answered.get(key)
    if (earlier !== undefined) return earlier.callText === callText ? earlier.answer : keyReused
    const answer = await firstOf([search.gap, ...gaps], call, forward)
    if (call.method === 'GET' || answer.status >= 300) return answer
    effects.push(`${call.method} ${call.path}`)
    // A later call changes the object, and Stripe repeats the answer as it was.
    if (key !== '') answered.set(key, { callText, answer: structuredClone(answer) })
    return answer
  }

  const server = createServer((request, response) => {
    void (async () => {
      const call = await readCall(request)
      calls.push({ ...call, params: new URLSearchParams(call.params) })
      const answer = await answerTo(call, String(request.headers['idempotency-key'] ?? ''))
      response
        .writeHead(answer.status, { 'content-type': 'application/json' })
        .end(JSON.stringify(answer.body))
    })().catch((error: unknown) => response.writeHead(500).end(String(error)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls: () => [...calls],
    effects: () => [...effects],
    blindSearch: search.blind,
    forgetKeys: () => answered.clear(),
    async stop() {
      server.close()
      server.closeAllConnections()
      await localstripe.stop()
    },
  }
}

async function firstOf(gaps: Gap[], call: Call, forward: Forward): Promise<Answer> {
  for (const gap of gaps) {
    const answer = await gap(call, forward)
    if (answer !== undefined) return answer
  }
  return forward(call)
}

const keyReused: Answer = {
  status: 400,
  body: { error: { type: 'idempotency_error', message: 'This key came with another content.' } },
}

async function readCall(request: IncomingMessage): Promise<Call> {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const body = await text(request)
  return {
    method: request.method ?? 'GET',
    path: url.pathname,
    params: request.method === 'POST' ? new URLSearchParams(body) : url.searchParams,
    authorization: request.headers.authorization ?? '',
  }
}
