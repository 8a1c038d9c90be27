import type { FastifyInstance } from 'fastify'
import { sendProblem } from './error-handler.ts'
import { notFound, Problem } from './problem.ts'

/** Answers 404, or 405 where the address exists with another method. Call it before any route is registered. */
export function answerUnknownRoutes(app: FastifyInstance): void {
  const methods = new Map<string, { pattern: RegExp; allowed: Set<string> }>()
  app.addHook('onRoute', ({ url, method }) => {
    const known = methods.get(url) ?? { pattern: patternOf(url), allowed: new Set() }
    methods.set(url, known)
    for (const name of [method].flat()) known.allowed.add(name)
  })
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? ''
    const known = [...methods.values()].find(({ pattern }) => pattern.test(path))
    if (known === undefined) return sendProblem(notFound(), request, reply)
    const detail = `This address does not answer ${request.method}.`
    const headers = { allow: [...known.allowed].join(', ') }
    return sendProblem(new Problem('method_not_allowed', detail, { headers }), request, reply)
  })
}

function patternOf(url: string): RegExp {
  const parts = url
    .split('/')
    .map((part) => (part.startsWith(':') ? '[^/]+' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')))
  return new RegExp(`^${parts.join('/')}$`)
}
