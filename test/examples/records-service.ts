import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { z } from 'zod'

const usage = z.object({ trial: z.int(), purchased: z.int() })
const record = z.looseObject({ externalId: z.string(), usage: usage.optional() })
export type StoredRecord = z.output<typeof record>

export interface RecordsService {
  url: string
  /** The records by their idempotency key. */
  records: Map<string, StoredRecord>
  close(): void
}

/** Starts the service that the example's adapter calls. It stores the first record of a key and ignores later ones. */
export async function startRecordsService(token: string): Promise<RecordsService> {
  const records = new Map<string, StoredRecord>()
  /** The record of an external id; the usage of several is summed. */
  const sumOf = (externalId: string): StoredRecord | undefined =>
    [...records.values()]
      .filter((stored) => stored.externalId === externalId)
      .reduce<StoredRecord | undefined>(
        (sum, stored) => ({ ...stored, usage: addUsage(sum?.usage, stored.usage) }),
        undefined,
      )
  const answer = async (request: IncomingMessage): Promise<{ status: number; body?: StoredRecord }> => {
    if (request.headers.authorization !== `Bearer ${token}`) return { status: 401 }
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://records.example')
    if (!/^\/records(\/|$)/.test(pathname)) return { status: 404 }
    const key = decodeURIComponent(pathname.slice('/records/'.length))
    if (request.method === 'PUT') {
      const sent = record.safeParse(await json(request))
      if (!sent.success) return { status: 422 }
      if (!records.has(key)) records.set(key, sent.data)
    }
    const externalId = searchParams.get('externalId')
    const found = externalId === null ? records.get(key) : sumOf(externalId)
    return found === undefined ? { status: 404 } : { status: 200, body: found }
  }
  const server = createServer((request, response) => {
    answer(request).then(
      ({ status, body }) => response.writeHead(status).end(JSON.stringify(body ?? null)),
      () => response.destroy(),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    records,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

type Usage = z.output<typeof usage>
function addUsage(sum: Usage | undefined, added: Usage | undefined): Usage | undefined {
  if (sum === undefined || added === undefined) return sum ?? added
  return { trial: sum.trial + added.trial, purchased: sum.purchased + added.purchased }
}
