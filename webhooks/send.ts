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

/** The answer to one attempt: an HTTP status, or the code of an error. */
export interface EndpointAnswer {
  httpStatus: number | null
  error: string | null
  /** The wait that the receiver asks for, in milliseconds. */
  retryAfter?: number | undefined
}

export interface Sender {
  /** Never throws: a failure is an answer with an error code. */
  post(url: string, request: SignedRequest): Promise<EndpointAnswer>
  close(): void
}

const timeout = 10_000

/**
 * Creates a sender that checks the target of every request, because a target that was allowed when the endpoint was created may not
 * be allowed any more. The sender checks the URL; its agents check each address that a host name resolves to, and connect only to
 * allowed ones. It follows no redirects, and reads only the head of an answer.
 * @param rules which targets are allowed.
 */
export function createSender(rules: TargetRules): Sender {
  const lookup: LookupFunction = (hostname, _options, callback) => {
    findAddresses(hostname, rules).then(
      (addresses) => callback(null, addresses),
      (error: NodeJS.ErrnoException) => callback(error, []),
    )
  }
  // With `autoSelectFamily`, Node takes all addresses that the lookup returns.
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

function post(signed: SignedRequest, open: Open): Promise<EndpointAnswer> {
  const request = open({
    method: 'POST',
    headers: { ...signed.headers, 'content-length': String(Buffer.byteLength(signed.body)) },
  })
  // The deadline includes the body, which is discarded.
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
      // The receiver closed an idle connection at the moment when it was used again. This is no failure of the receiver.
      if (code === 'connection_lost' && request.reusedSocket) resolve(post(signed, open))
      else resolve(failed(code))
    })
    request.end(signed.body)
  })
}

const failed = (error: string): EndpointAnswer => ({ httpStatus: null, error })

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
