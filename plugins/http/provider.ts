import { randomUUID } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { stepError, withDeadline } from '../plugin-contract.ts'
import { type Answer, answers, type Operation } from './read-answer.ts'
import {
  billingAnswerUnreadable,
  billingNoAnswer,
  billingNotCalled,
  billingOutcomeUnknown,
} from './errors.ts'
import { readBody } from './read-body.ts'
import { classifyRefusal, isNotOffered } from './http-refusals.ts'
import type { HttpSettings } from './settings.ts'

/** One call to the provider. */
export interface ProviderCall<Name extends Operation> {
  operation: Name
  key: string
  data: unknown
  signal: AbortSignal
}

export interface Provider {
  /** @throws StepError for every answer but a 2xx of the right shape. */
  ask<Name extends Operation>(call: ProviderCall<Name>): Promise<Answer<Name>>
  /** As `ask`, with undefined for a 404: the provider has nothing of what is asked about. */
  askAbout<Name extends Operation>(call: ProviderCall<Name>): Promise<Answer<Name> | undefined>
  /** As `ask`, with undefined when the provider says that it has no such operation. */
  askIfOffered<Name extends Operation>(call: ProviderCall<Name>): Promise<Answer<Name> | undefined>
}

interface Reply {
  status: number
  headers: Headers
  body: unknown
}

/** The provider at an address. Each call is one signed POST. */
export function createProvider({ url, secret, patience = 4_000 }: HttpSettings): Provider {
  const webhook = new Webhook(secret)

  const send = async ({ operation, key, data, signal }: ProviderCall<Operation>): Promise<Reply> => {
    if (signal.aborted) throw stepError(billingNotCalled)
    const body = JSON.stringify({ operation, key, data })
    // Each try is a message of its own, so that a provider can refuse one which is played back by somebody else.
    const id = `msg_${randomUUID()}`
    const now = new Date()
    try {
      return await withDeadline({ milliseconds: patience, signal }, async (ending) => {
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
          signal: ending,
        })
        return { status: response.status, headers: response.headers, body: parsed(await readBody(response)) }
      })
    } catch {
      throw stepError(signal.aborted ? billingOutcomeUnknown : billingNoAnswer)
    }
  }

  return {
    ask: async (call) => understand(call, await send(call)),
    async askAbout(call) {
      const reply = await send(call)
      return reply.status === 404 ? undefined : understand(call, reply)
    },
    async askIfOffered(call) {
      const reply = await send(call)
      return isNotOffered(reply) ? undefined : understand(call, reply)
    },
  }
}

/** @throws StepError unless it is a 2xx of the right shape. */
function understand<Name extends Operation>(call: ProviderCall<Name>, reply: Reply): Answer<Name> {
  if (reply.status < 200 || reply.status > 299) throw classifyRefusal({ ...reply, data: call.data })
  const answer = answers[call.operation].safeParse(reply.body)
  if (answer.success) return answer.data as Answer<Name>
  const path = answer.error.issues[0]?.path.join('.') || 'body'
  throw stepError(billingAnswerUnreadable, { parameters: { path } })
}

function parsed(text: string | undefined): unknown {
  // An answer that says nothing may be empty, as with 204.
  if (text === '') return {}
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}
