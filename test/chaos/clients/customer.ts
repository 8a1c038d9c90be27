import { z } from 'zod'
import { waitUntil } from '../../../cli/stack/processes/wait-until.ts'
import type { Parent, PlannedRequest } from '../scenario/requests.ts'
import type { Answer, ApiClient } from './api-client.ts'

/** A request, and what became of it as far as its customer knows. */
export interface SentRequest {
  request: PlannedRequest
  /** In the order in which they came. */
  answers: { what: 'first' | 'repeated' | 'other body'; status: number; id?: string; code?: string }[]
  /** Of its onboarding, once it is accepted. */
  id?: string
  /** It was told that it is cancelled. */
  cancelled?: boolean
  /** The name that it gave the company afterwards. */
  renamed?: string
}

export interface Customer {
  /** Sends a request until there is an answer. */
  send(request: PlannedRequest): Promise<SentRequest>
  /** What it does once a request is accepted, besides waiting. */
  follow(sent: SentRequest): Promise<void>
  /** What it does much later: sending again what it has an answer to. */
  sendAgain(sent: SentRequest): Promise<void>
}

const acceptedBody = z.object({ id: z.string(), status: z.string(), organizationId: z.string().nullable() })
const problemBody = z.object({ code: z.string() })

export function createCustomer(api: ApiClient, parents: Record<Parent, string>): Customer {
  const post = async (
    sent: SentRequest,
    what: SentRequest['answers'][number]['what'],
    body: unknown = sent.request.body,
  ): Promise<void> => {
    const { request } = sent
    const answer = await api.call('POST', `/v1/organizations/${parents[request.parent]}/accounts`, {
      headers: { 'idempotency-key': request.name },
      body,
    })
    const read = readAnswer(answer)
    if (what !== 'other body' && read.id !== undefined) sent.id ??= read.id
    sent.answers.push({ what, ...read })
  }

  return {
    async send(request) {
      const sent: SentRequest = { request, answers: [] }
      const twice = request.conduct === 'sent twice at once'
      await Promise.all([post(sent, 'first'), ...(twice ? [post(sent, 'repeated')] : [])])
      return sent
    },
    async follow(sent) {
      const { id, request } = sent
      if (id === undefined) return
      if (request.conduct === 'cancelled') {
        const body = { reason: 'Ordered by mistake.' }
        const { status } = await api.call('POST', `/v1/onboardings/${id}/cancel`, { body })
        sent.cancelled = status === 202
      }
      if (request.conduct === 'renamed') await rename(api, sent, id)
    },
    async sendAgain(sent) {
      const { conduct, body } = sent.request
      if (conduct === 'sent again later') await post(sent, 'repeated')
      if (conduct === 'sent again with another body')
        await post(sent, 'other body', { ...body, company: { ...body.company, city: 'Elsewhere' } })
    },
  }
}

/** As soon as there is a company, whatever else is still being done for it. */
async function rename(api: ApiClient, sent: SentRequest, id: string): Promise<void> {
  let organizationId: string | null = null
  const exists = async () => {
    const { body } = await api.call('GET', `/v1/onboardings/${id}`)
    organizationId = acceptedBody.parse(body).organizationId
    return organizationId !== null
  }
  const gaveUp = () => new Error(`The company of ${id} was never created.`)
  await waitUntil(exists, { withinMs: 300_000, pauseMs: 500, gaveUp })
  const name = `${sent.request.name} renamed`
  const headers = { 'if-match': '*' }
  const { status } = await api.call('PATCH', `/v1/organizations/${organizationId}`, {
    headers,
    body: { name },
  })
  if (status === 200) sent.renamed = name
}

function readAnswer({ status, body }: Answer): { status: number; id?: string; code?: string } {
  const accepted = acceptedBody.safeParse(body).data
  const problem = problemBody.safeParse(body).data
  return {
    status,
    ...(accepted === undefined ? {} : { id: accepted.id }),
    ...(problem === undefined ? {} : { code: problem.code }),
  }
}
