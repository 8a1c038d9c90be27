import type { LookupAddress } from 'node:dns'
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { withDeadline } from '../calls/deadline.ts'
import { isPublicAddress } from './public-address.ts'

/** The addresses that webhooks may be sent to, besides public addresses over https. */
export interface TargetRules {
  /** Allows http, and loopback addresses of this machine. For development. */
  allowLoopback: boolean
  /** Resolves a host name to all its addresses. Default: the resolver of the system. */
  resolve?: (hostname: string) => Promise<LookupAddress[]>
}

/** A host name has an address that webhooks may not be sent to. */
export class AddressNotAllowed extends Error {
  override readonly name = 'AddressNotAllowed'
}

const loopbackAddresses: readonly string[] = ['127.0.0.1', '::1']
const loopbackHosts: readonly string[] = ['localhost', '127.0.0.1', '[::1]']
const lookupTimeout = 2_000
const notPublic = 'Use a host that can be reached from the Internet.'

/** The rules for an API with this public URL. An API that runs on a loopback address may send to loopback addresses. */
export function targetRulesFor(publicUrl: string): TargetRules {
  const { protocol, hostname } = new URL(publicUrl)
  return { allowLoopback: protocol === 'http:' && isLoopback(hostname) }
}

/**
 * Checks whether webhooks may be sent to a URL. A host name that cannot be resolved now is allowed, because each delivery
 * resolves the name again and connects only to allowed addresses.
 * @returns a sentence that tells the person what to change; undefined when the URL is allowed.
 */
export async function findTargetProblem(url: string, rules: TargetRules): Promise<string | undefined> {
  const problem = findUrlProblem(url, rules)
  if (problem !== undefined) return problem
  const { hostname } = new URL(url)
  return withDeadline({ milliseconds: lookupTimeout }, () => findAddresses(hostname, rules)).then(
    () => undefined,
    (error: unknown) => (error instanceof AddressNotAllowed ? notPublic : undefined),
  )
}

/** `findTargetProblem` without resolving the host name. For a URL with an IP address the check is complete. */
export function findUrlProblem(url: string, rules: TargetRules): string | undefined {
  const parsed = URL.parse(url)
  if (parsed === null) return 'Use a URL such as https://example.com/webhooks.'
  const { protocol, hostname, username, password, hash } = parsed
  if (username !== '' || password !== '')
    return 'Remove the user and the password: deliveries are signed instead.'
  if (hash !== '') return 'Remove the part after #, which is never sent.'
  const isAllowedHere = isAllowedLoopback(hostname, rules)
  if (protocol !== 'https:' && !(protocol === 'http:' && isAllowedHere)) return 'Use https.'
  return isAllowedHere || mayBePublic(hostname) ? undefined : notPublic
}

/**
 * Resolves a host name. The caller connects only to these addresses, so that a later DNS answer cannot redirect it.
 * @throws AddressNotAllowed when webhooks may not be sent to one of the addresses.
 * @throws Error when the name cannot be resolved.
 */
export async function findAddresses(hostname: string, rules: TargetRules): Promise<LookupAddress[]> {
  const { resolve = resolveBySystem } = rules
  const isAllowed = isAllowedLoopback(hostname, rules) ? isLoopbackAddress : isPublicAddress
  const addresses = await resolve(hostname)
  if (addresses.every(({ address }) => isAllowed(address))) return addresses
  throw new AddressNotAllowed(`${hostname} has an address that webhooks may not be sent to`)
}

const resolveBySystem = (hostname: string) => lookup(hostname, { all: true })
const isLoopbackAddress = (address: string) => loopbackAddresses.includes(address)

/** @param hostname as `URL` returns it, with brackets around an IPv6 address. */
function isLoopback(hostname: string): boolean {
  return loopbackHosts.includes(hostname)
}

function isAllowedLoopback(hostname: string, { allowLoopback }: TargetRules): boolean {
  return allowLoopback && isLoopback(hostname)
}

/** `URL` has already normalized other notations of an IPv4 address (decimal, octal, short). */
function mayBePublic(hostname: string): boolean {
  const literal = hostname.replace(/^\[(.*)\]$/, '$1')
  return isIP(literal) === 0 ? !/(^|\.)localhost\.?$/.test(hostname) : isPublicAddress(literal)
}
