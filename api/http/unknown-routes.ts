import type { FastifyInstance } from 'fastify'
import { sendProblem } from './error-handler.ts'
import { methodNotAllowed } from './errors.ts'
import { notFound, problem } from './problem.ts'

/** Answers 405 when the path exists with another method, else 404. Call it before any route is registered. */
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
    const headers = { allow: [...known.allowed].join(', ') }
    const refused = problem(methodNotAllowed, { parameters: { method: request.method }, headers })
    return sendProblem(refused, request, reply)
  })
}

function patternOf(url: string): RegExp {
  const parts = url
    .split('/')
    .map((part) => (part.startsWith(':') ? '[^/]+' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')))
  return new RegExp(`^${parts.join('/')}$`)
}
