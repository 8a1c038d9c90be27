import { lookup } from 'node:dns/promises'
import { setTimeout as delay } from 'node:timers/promises'
import ipaddr from 'ipaddr.js'

/** Which addresses webhooks may be sent to, besides public ones over https. */
export interface TargetRules {
  /** Plain http, and this machine: for trying it out. */
  allowLoopback: boolean
}

export const loopbackAddresses: readonly string[] = ['127.0.0.1', '::1']
const loopbackHosts: readonly string[] = ['localhost', '127.0.0.1', '[::1]']
const lookupTimeout = 2_000

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
  if (rules.allowLoopback && isLoopback(hostname)) return undefined
  return (await isPublic(hostname)) ? undefined : 'Use a host that the public can reach.'
}

/** `findTargetProblem` as far as the URL alone says. */
export function findUrlProblem(url: string, rules: TargetRules): string | undefined {
  const parsed = URL.parse(url)
  if (parsed === null) return 'Use a URL such as https://example.com/webhooks.'
  const { protocol, hostname, username, password, hash } = parsed
  if (username !== '' || password !== '') return 'Leave out the user and the password: deliveries are signed.'
  if (hash !== '') return 'Leave out the part after #: it is never sent.'
  if (protocol === 'http:' && rules.allowLoopback && isLoopback(hostname)) return undefined
  return protocol === 'https:' ? undefined : 'Use https.'
}

/** @param hostname as in a URL. */
export function isLoopback(hostname: string): boolean {
  return loopbackHosts.includes(hostname)
}

async function isPublic(hostname: string): Promise<boolean> {
  const literal = hostname.replace(/^\[(.*)\]$/, '$1')
  if (ipaddr.isValid(literal)) return isPublicAddress(literal)
  if (/(^|\.)localhost\.?$/.test(hostname)) return false
  const addresses = await Promise.race([
    lookup(hostname, { all: true }).catch(() => []),
    delay(lookupTimeout, [], { ref: false }),
  ])
  return addresses.every(({ address }) => isPublicAddress(address))
}

function isPublicAddress(address: string): boolean {
  return ipaddr.parse(address).range() === 'unicast'
}
