import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import formbody from '@fastify/formbody'
import rateLimit from '@fastify/rate-limit'
import { Eta } from 'eta'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { type Identity, passwordLength } from '../../domain/users/identity.ts'
import { choosePassword, isPasswordLinkOpen, PasswordLinkClosed } from '../../domain/users/password-links.ts'

const folder = new URL('./pages/', import.meta.url)
const pages = new Eta({ views: fileURLToPath(folder), autoEscape: true, cache: true })
const style = readFileSync(new URL('page.css', folder), 'utf8')
const styleHash = createHash('sha256').update(style).digest('base64')

const token = z.string().min(1).max(200)
const form = z.object({ token, password: z.string().default(''), confirmation: z.string().default('') })

const headers = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  // The URL holds the token, and no other site may see it as the referrer.
  'referrer-policy': 'no-referrer',
  'x-robots-tag': 'noindex',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
}

const limit = {
  max: 20,
  timeWindow: '1 minute',
  // Limits by link and not by IP address, because all clients behind one proxy share an address. The link's token is in the body.
  hook: 'preHandler',
  keyGenerator: ({ body }: FastifyRequest) => String(fieldOf(body, 'token')),
} as const

/**
 * The page on which an invited user chooses a password. It works without JavaScript. Opening the page does not use up the link,
 * because mail scanners open links too.
 */
export async function passwordRoutes(
  app: FastifyInstance,
  dependencies: { identity: Identity; db: DatabaseConnection },
): Promise<void> {
  await app.register(formbody)
  await app.register(rateLimit, { global: false })
  // Shows a page in place of a problem document, for example after too many attempts or without the database.
  app.addHook('onSend', async (_, reply, payload) => {
    if (!String(reply.getHeader('content-type')).startsWith('application/problem+json')) return payload
    reply.headers(headers)
    return render('failed', {})
  })

  app.get('/set-password', { schema: { hide: true } }, async (request, reply) => {
    const given = token.safeParse(fieldOf(request.query, 'token'))
    if (!given.success || !(await isPasswordLinkOpen(dependencies, given.data))) return showClosed(reply)
    return show(reply, 200, 'choose', { token: given.data, problem: undefined })
  })

  app.post(
    '/set-password',
    { config: { rateLimit: limit }, schema: { hide: true } },
    async (request, reply) => {
      const given = form.safeParse(request.body)
      if (!given.success) return showClosed(reply)
      const { password, confirmation } = given.data
      const problem = problemWith(password, confirmation)
      if (problem !== undefined) return show(reply, 422, 'choose', { token: given.data.token, problem })
      try {
        await choosePassword(dependencies, { token: given.data.token, password })
      } catch (error) {
        if (error instanceof PasswordLinkClosed) return showClosed(reply)
        throw error
      }
      return show(reply, 200, 'chosen', {})
    },
  )
}

function problemWith(password: string, confirmation: string): string | undefined {
  const { minimum, maximum } = passwordLength
  if (password.length < minimum) return `Use at least ${minimum} characters.`
  if (password.length > maximum) return `Use at most ${maximum} characters.`
  return password === confirmation ? undefined : 'The two passwords are not the same.'
}

function showClosed(reply: FastifyReply): FastifyReply {
  return show(reply, 410, 'closed', {})
}

function show(
  reply: FastifyReply,
  status: number,
  page: string,
  values: Record<string, unknown>,
): FastifyReply {
  return reply.code(status).headers(headers).send(render(page, values))
}

function render(page: string, values: Record<string, unknown>): string {
  return pages.render(`./${page}`, { ...values, ...passwordLength, style })
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}
