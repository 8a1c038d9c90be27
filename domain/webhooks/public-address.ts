import ipaddr from 'ipaddr.js'

// All allocated global IPv6 addresses. Addresses that embed an IPv4 address (mapped, compatible, translated) are outside.
const [allocated, prefix] = ipaddr.IPv6.parseCIDR('2000::/3')

/** Whether an IPv4 or IPv6 address is on the public internet. @throws Error when the text is no address. */
export function isPublicAddress(address: string): boolean {
  const parsed = ipaddr.parse(address)
  if (parsed instanceof ipaddr.IPv6 && !parsed.match(allocated, prefix)) return false
  // Private, reserved and tunnel addresses (6to4, Teredo) are in ranges with other names.
  return parsed.range() === 'unicast'
}
