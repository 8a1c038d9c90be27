import type { FastifyInstance, FastifyRequest } from 'fastify'
import { StepError, type WebhookRequest } from '../../plugins/plugin-contract.ts'
import { webhookRefused, webhookUnreadable } from '../http/errors.ts'
import { problem } from '../http/problem.ts'

/** Gives the routes of this instance the body as the text that was sent, because a signature covers that text. */
export function keepBodiesAsText(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, (_, body, done) => done(null, body))
}

/** Lets a plug-in verify and read a request of its provider. @throws Problem when it refuses or cannot read the request. */
export async function readProviderRequest<Read>(
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
