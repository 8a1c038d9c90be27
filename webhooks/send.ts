import http from 'node:http'
import https from 'node:https'
import type { LookupFunction } from 'node:net'
import { DeadlinePassed } from '../domain/calls/deadline.ts'
import { readRetryAfter } from '../domain/calls/retry-after.ts'
import {
  AddressNotAllowed,
  findAddresses,
  findUrlProblem,
  type TargetRules,
} from '../domain/webhooks/webhook-target.ts'
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

/**
 * What was allowed when the endpoint was made may not be any more, so each request is checked: its URL here, and a name by
 * the agents, which connect to no address but the checked ones. Redirects are not followed, and of an answer only the
 * head is read.
 */
export function createSender(rules: TargetRules): Sender {
  const lookup: LookupFunction = (hostname, _options, callback) => {
    findAddresses(hostname, rules).then(
      (addresses) => callback(null, addresses),
      (error: NodeJS.ErrnoException) => callback(error, []),
    )
  }
  // The lookup answers with all addresses, which this option asks for.
  const options = { keepAlive: true, autoSelectFamily: true, lookup }
  const agents = { 'http:': new http.Agent(options), 'https:': new https.Agent(options) }
  return {
    async post(url, request) {
      if (findUrlProblem(url, rules) !== undefined) return failed('address_not_allowed')
      const target = new URL(url)
      return target.protocol === 'https:'
        ? post(request, (init) => https.request(target, { ...init, agent: agents['https:'] }))
        : post(request, (init) => http.request(target, { ...init, agent: agents['http:'] }))
    },
    close() {
      for (const agent of Object.values(agents)) agent.destroy()
    },
  }
}

type Open = (init: http.RequestOptions) => http.ClientRequest

function post(signed: SignedRequest, open: Open): Promise<Answer> {
  const request = open({
    method: 'POST',
    headers: { ...signed.headers, 'content-length': String(Buffer.byteLength(signed.body)) },
  })
  // Whatever comes after the head is not waited for any longer either.
  const timer = setTimeout(() => request.destroy(new DeadlinePassed()), timeout)
  request.once('close', () => clearTimeout(timer))
  return new Promise((resolve) => {
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
      if (code === 'connection_lost' && request.reusedSocket) resolve(post(signed, open))
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
  if (error instanceof DeadlinePassed) return 'timeout'
  if (error instanceof AddressNotAllowed) return 'address_not_allowed'
  const code = 'code' in error ? String(error.code) : ''
  if (/CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO_/.test(code)) return 'certificate_not_trusted'
  return codes[code] ?? 'connection_failed'
}
