import type { FastifyInstance, FastifyRequest } from 'fastify'
import { StepError, type WebhookRequest } from '../../plugins/plugin-contract.ts'
import { webhookRefused, webhookUnreadable } from '../http/errors.ts'
import { problem } from '../http/problem.ts'

/**
 * Hands bodies to the routes of this instance, and to no others, byte for byte: a signature covers what was sent.
 * @param bodyLimit in bytes.
 */
export function takeBodiesAsSent(app: FastifyInstance, bodyLimit: number): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string', bodyLimit }, (_, body, done) => done(null, body))
}

/** Has a plug-in verify and read what its provider sent. @throws Problem when it refuses, or can't read it. */
export async function readWebhook<Read>(
  parse: (request: WebhookRequest) => Read | Promise<Read>,
  request: FastifyRequest,
): Promise<Read> {
  try {
    return await parse({ headers: singleHeaders(request), body: textOf(request.body) })
  } catch (error) {
    if (!(error instanceof StepError)) throw error
    const declared = error.code === webhookRefused.code ? webhookRefused : webhookUnreadable
    throw problem(declared, { parameters: { reason: error.message }, nextAction: error.nextAction })
  }
}

function textOf(body: unknown): string {
  return typeof body === 'string' ? body : ''
}

function singleHeaders({ headers }: FastifyRequest): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  )
}
