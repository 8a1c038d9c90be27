import type { LookupAddress } from 'node:dns'
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { withDeadline } from '../calls/deadline.ts'
import { isPublicAddress } from './public-address.ts'

/** Which addresses webhooks may be sent to, besides public ones over https. */
export interface TargetRules {
  /** Plain http, and this machine: for trying it out. */
  allowLoopback: boolean
  /** Finds all addresses of a name. Default: as the system does. */
  resolve?: (hostname: string) => Promise<LookupAddress[]>
}

/** A name has an address that webhooks may not be sent to. */
export class AddressNotAllowed extends Error {
  override readonly name = 'AddressNotAllowed'
}

const loopbackAddresses: readonly string[] = ['127.0.0.1', '::1']
const loopbackHosts: readonly string[] = ['localhost', '127.0.0.1', '[::1]']
const lookupTimeout = 2_000
const notPublic = 'Use a host that can be reached from the Internet.'

/** An API that is itself only on this machine may send to this machine. */
export function targetRulesFor(publicUrl: string): TargetRules {
  const { protocol, hostname } = new URL(publicUrl)
  return { allowLoopback: protocol === 'http:' && isLoopback(hostname) }
}

/**
 * Why webhooks may not be sent to a URL, in plain words; undefined when they may. A name that can't be resolved now is
 * let through: each delivery looks it up again, and connects to no address that is not public.
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

/** `findTargetProblem` as far as the URL alone says, which is all there is to say of an address that is no name. */
export function findUrlProblem(url: string, rules: TargetRules): string | undefined {
  const parsed = URL.parse(url)
  if (parsed === null) return 'Use a URL such as https://example.com/webhooks.'
  const { protocol, hostname, username, password, hash } = parsed
  if (username !== '' || password !== '')
    return 'Remove the user and the password: deliveries are signed instead.'
  if (hash !== '') return 'Remove the part after #, which is never sent.'
  const isHere = isAllowedLoopback(hostname, rules)
  if (protocol !== 'https:' && !(protocol === 'http:' && isHere)) return 'Use https.'
  return isHere || mayBePublic(hostname) ? undefined : notPublic
}

/**
 * The addresses of a name. Who connects to one of these, and to no other, can't be led elsewhere by another answer.
 * @throws AddressNotAllowed when webhooks may not be sent to one of them; Error when there are none.
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

/** @param hostname as in a URL. */
function isLoopback(hostname: string): boolean {
  return loopbackHosts.includes(hostname)
}

function isAllowedLoopback(hostname: string, { allowLoopback }: TargetRules): boolean {
  return allowLoopback && isLoopback(hostname)
}

/** A URL has every form of an address (decimal, octal, short) in the usual one. */
function mayBePublic(hostname: string): boolean {
  const literal = hostname.replace(/^\[(.*)\]$/, '$1')
  return isIP(literal) === 0 ? !/(^|\.)localhost\.?$/.test(hostname) : isPublicAddress(literal)
}
