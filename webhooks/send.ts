import http from 'node:http'
import https from 'node:https'
import { RequestFilteringHttpAgent, RequestFilteringHttpsAgent } from 'request-filtering-agent'
import { findUrlProblem, isLoopback, loopbackAddresses, type TargetRules } from '../domain/webhook-target.ts'
import { readRetryAfter } from '../domain/retry-after.ts'
import type { SignedRequest } from './sign.ts'

/** What became of a request: a status, or a code that says why there is none. */
export interface Answer {
  httpStatus: number | null
  error: string | null
  /** Milliseconds that the receiver asks us to wait. */
  retryAfter?: number | undefined
}

/** Posts to receivers. Never throws: whatever goes wrong is an answer. */
export interface Sender {
  post(url: string, request: SignedRequest): Promise<Answer>
  close(): void
}

const timeout = 10_000

type Agents = Record<'http' | 'https', http.Agent>

/**
 * The agents look at the address that a connection is really made to, so that a name can't first resolve to a public one
 * and then to another. Redirects are not followed, and of an answer only the head is read.
 */
export function createSender(rules: TargetRules): Sender {
  const toPublic = createAgents([])
  const toLoopback = createAgents(rules.allowLoopback ? [...loopbackAddresses] : [])
  return {
    async post(url, request) {
      // What was allowed when the endpoint was made may not be any more.
      if (findUrlProblem(url, rules) !== undefined) return failed('address_not_allowed')
      const target = new URL(url)
      return post(isLoopback(target.hostname) ? toLoopback : toPublic, target, request)
    },
    close() {
      for (const agents of [toPublic, toLoopback]) for (const agent of Object.values(agents)) agent.destroy()
    },
  }
}

function createAgents(allowIPAddressList: string[]): Agents {
  const options = { keepAlive: true, allowIPAddressList }
  return { http: new RequestFilteringHttpAgent(options), https: new RequestFilteringHttpsAgent(options) }
}

function post(agents: Agents, url: URL, signed: SignedRequest): Promise<Answer> {
  const secure = url.protocol === 'https:'
  const options = {
    method: 'POST',
    headers: { ...signed.headers, 'content-length': String(Buffer.byteLength(signed.body)) },
    agent: secure ? agents.https : agents.http,
    signal: AbortSignal.timeout(timeout),
  }
  return new Promise((resolve) => {
    const request = secure ? https.request(url, options) : http.request(url, options)
    request.once('response', (response) => {
      response.on('error', () => undefined)
      response.resume()
      resolve({
        httpStatus: response.statusCode ?? null,
        error: null,
        retryAfter: readRetryAfter(response.headers['retry-after']),
      })
    })
    request.on('error', (error) => {
      const code = codeOf(error)
      // The receiver closed a connection that was kept, just when it was used again: that says nothing about it.
      if (code === 'connection_lost' && request.reusedSocket) resolve(post(agents, url, signed))
      else resolve(failed(code))
    })
    request.end(signed.body)
  })
}

const failed = (error: string): Answer => ({ httpStatus: null, error })

const codes: Record<string, string> = {
  ECONNREFUSED: 'connection_refused',
  ECONNRESET: 'connection_lost',
  EPIPE: 'connection_lost',
  ENOTFOUND: 'name_not_found',
  EAI_AGAIN: 'name_not_found',
  ETIMEDOUT: 'timeout',
}

function codeOf(error: Error): string {
  if (error.name === 'AbortError' || error.name === 'TimeoutError') return 'timeout'
  if (/is not allowed/.test(error.message)) return 'address_not_allowed'
  const code = 'code' in error ? String(error.code) : ''
  if (/CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO_/.test(code)) return 'certificate_not_trusted'
  return codes[code] ?? 'connection_failed'
}
