import { z } from 'zod'
import { waitUntil } from '../../../cli/stack/processes/wait-until.ts'
import type { Parent, PlannedRequest } from '../scenario/requests.ts'
import type { Answer, ApiClient } from './api-client.ts'

/** A request and what its caller noted about it. */
export interface SentRequest {
  request: PlannedRequest
  /** In the order of arrival. */
  answers: { to: SentBody; status: number; id?: string; code?: string }[]
  /** The id of the onboarding, after the request is accepted. */
  id?: string
  /** The API accepted the cancel. */
  cancelled?: boolean
  /** The new name of the company, after a rename. */
  renamed?: string
}

/** Whether a request was the first of its name, the same again, or one with another body under the same key. */
type SentBody = 'first' | 'repeated' | 'changed'

export type Caller = ReturnType<typeof createCaller>

const acceptedBody = z.object({ id: z.string(), status: z.string(), organizationId: z.string().nullable() })
const problemBody = z.object({ code: z.string() })

export function createCaller(api: ApiClient, parents: Record<Parent, string>) {
  const post = async (sent: SentRequest, to: SentBody, body: unknown = sent.request.body): Promise<void> => {
    const { name, parent } = sent.request
    const headers = { 'idempotency-key': name }
    const read = readAnswer(
      await api.call('POST', `/v1/organizations/${parents[parent]}/accounts`, { headers, body }),
    )
    if (to !== 'changed' && read.id !== undefined) sent.id ??= read.id
    sent.answers.push({ to, ...read })
  }

  return {
    /** Sends a request until it is answered. */
    async send(request: PlannedRequest): Promise<SentRequest> {
      const sent: SentRequest = { request, answers: [] }
      const twice = request.conduct === 'sent twice at once'
      await Promise.all([post(sent, 'first'), ...(twice ? [post(sent, 'repeated')] : [])])
      return sent
    },
    /** Cancels the onboarding or renames the company, if the conduct of the request says so. */
    async followUp(sent: SentRequest): Promise<void> {
      const { id, request } = sent
      if (id === undefined) return
      if (request.conduct === 'cancelled') {
        const body = { reason: 'Ordered by mistake.' }
        const { status } = await api.call('POST', `/v1/onboardings/${id}/cancel`, { body })
        sent.cancelled = status === 202
      }
      if (request.conduct === 'renamed') await rename(api, sent, id)
    },
    /** Sends the request again after all rounds, if its conduct says so. */
    async sendAgain(sent: SentRequest): Promise<void> {
      const { conduct, body } = sent.request
      if (conduct === 'sent again later') await post(sent, 'repeated')
      if (conduct === 'sent again with another body')
        await post(sent, 'changed', { ...body, company: { ...body.company, city: 'Elsewhere' } })
    },
  }
}

/** Renames the company as soon as it exists, while other steps may still be in progress. */
async function rename(api: ApiClient, sent: SentRequest, id: string): Promise<void> {
  let organizationId: string | null = null
  const exists = async () => {
    const { body } = await api.call('GET', `/v1/onboardings/${id}`)
    organizationId = acceptedBody.parse(body).organizationId
    return organizationId !== null
  }
  const gaveUp = () => new Error(`The company of ${id} was not created.`)
  await waitUntil(exists, { withinMs: 300_000, pauseMs: 500, gaveUp })
  const name = `${sent.request.name} renamed`
  const patch = { headers: { 'if-match': '*' }, body: { name } }
  const { status } = await api.call('PATCH', `/v1/organizations/${organizationId}`, patch)
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
