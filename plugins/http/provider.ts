import { randomUUID } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { stepError, withDeadline } from '../plugin-contract.ts'
import { type HttpAnswer, answers, type Operation } from './read-answer.ts'
import {
  billingAnswerUnreadable,
  billingNoAnswer,
  billingNotCalled,
  billingOutcomeUnknown,
} from './errors.ts'
import { readBody } from './read-body.ts'
import { classifyRefusal, isNotOffered } from './http-refusals.ts'
import type { HttpSettings } from './settings.ts'

/** One call to the provider: the operation of our protocol, its idempotency key, and its data. */
export interface ProviderCall<Name extends Operation> {
  operation: Name
  key: string
  data: unknown
  signal: AbortSignal
}

export interface Provider {
  /** Sends the call and returns its answer. @throws StepError when the answer is not a 2xx with the expected fields. */
  call<Name extends Operation>(call: ProviderCall<Name>): Promise<HttpAnswer<Name>>
  /** As `call`. Returns undefined for a 404, because the provider has nothing on record. */
  read<Name extends Operation>(call: ProviderCall<Name>): Promise<HttpAnswer<Name> | undefined>
  /** As `call`. Returns undefined when the provider does not offer the operation. */
  callIfOffered<Name extends Operation>(call: ProviderCall<Name>): Promise<HttpAnswer<Name> | undefined>
}

interface Reply {
  status: number
  headers: Headers
  body: unknown
}

/** Connects to the provider at an address. Each call is one signed POST. */
export function createProvider({ url, secret, patience = 4_000 }: HttpSettings): Provider {
  const webhook = new Webhook(secret)

  const send = async ({ operation, key, data, signal }: ProviderCall<Operation>): Promise<Reply> => {
    if (signal.aborted) throw stepError(billingNotCalled)
    const body = JSON.stringify({ operation, key, data })
    // Each attempt has a new message id, so that the provider can refuse a replayed message.
    const id = `msg_${randomUUID()}`
    const now = new Date()
    try {
      return await withDeadline({ milliseconds: patience, signal }, async (deadline) => {
        const response = await fetch(url, {
          method: 'POST',
          redirect: 'manual',
          headers: {
            'content-type': 'application/json',
            accept: 'application/json, application/problem+json',
            'idempotency-key': key,
            'webhook-id': id,
            'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
            'webhook-signature': webhook.sign(id, now, body),
          },
          body,
          signal: deadline,
        })
        return {
          status: response.status,
          headers: response.headers,
          body: parseJson(await readBody(response)),
        }
      })
    } catch {
      throw stepError(signal.aborted ? billingOutcomeUnknown : billingNoAnswer)
    }
  }

  return {
    call: async (call) => parseAnswer(call, await send(call)),
    async read(call) {
      const reply = await send(call)
      return reply.status === 404 ? undefined : parseAnswer(call, reply)
    },
    async callIfOffered(call) {
      const reply = await send(call)
      return isNotOffered(reply) ? undefined : parseAnswer(call, reply)
    },
  }
}

function parseAnswer<Name extends Operation>(call: ProviderCall<Name>, reply: Reply): HttpAnswer<Name> {
  if (reply.status < 200 || reply.status > 299) throw classifyRefusal({ ...reply, data: call.data })
  const answer = answers[call.operation].safeParse(reply.body)
  if (answer.success) return answer.data as HttpAnswer<Name>
  const path = answer.error.issues[0]?.path.join('.') || 'body'
  throw stepError(billingAnswerUnreadable, { parameters: { path } })
}

/** Returns undefined for a text that is not JSON. An answer without fields may have an empty body, as with 204. */
function parseJson(text: string | undefined): unknown {
  if (text === '') return {}
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}
