import ipaddr from 'ipaddr.js'

// All of IPv6 that was ever given out. What only wraps an IPv4 address (mapped, compatible, translated) is outside of it.
const [allocated, prefix] = ipaddr.IPv6.parseCIDR('2000::/3')

/** Whether an address, v4 or v6, is one of the public internet. */
export function isPublicAddress(address: string): boolean {
  const parsed = ipaddr.parse(address)
  if (parsed instanceof ipaddr.IPv6 && !parsed.match(allocated, prefix)) return false
  // What is private or reserved has a name of its own, and so have the tunnels that end at an IPv4 address (6to4, Teredo).
  return parsed.range() === 'unicast'
}
