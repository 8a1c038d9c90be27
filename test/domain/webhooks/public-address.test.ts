import { expect, test } from 'vitest'
import { isPublicAddress } from '../../../domain/webhooks/public-address.ts'

test.each([
  '8.8.8.8',
  '172.32.0.1',
  '192.0.3.1',
  '2606:4700:4700::1111',
  '2001:4860:4860::8888',
  '2a00:1450::1',
])('the address %s is public', (address) => expect(isPublicAddress(address)).toBe(true))

test.each([
  ['unspecified', '0.0.0.0'],
  ['loopback', '127.0.0.1'],
  ['loopback', '127.9.9.9'],
  ['private', '10.1.2.3'],
  ['private', '172.16.0.1'],
  ['private', '192.168.0.1'],
  ['carrier-grade NAT', '100.64.0.1'],
  ['link-local, with the metadata of clouds', '169.254.169.254'],
  ['documentation', '203.0.113.7'],
  ['benchmark', '198.18.0.1'],
  ['multicast', '224.0.0.1'],
  ['broadcast', '255.255.255.255'],
  ['unspecified', '::'],
  ['loopback', '::1'],
  ['link-local', 'fe80::1'],
  ['private', 'fd00::1'],
  ['site-local', 'fec0::1'],
  ['multicast', 'ff02::1'],
  ['documentation', '2001:db8::1'],
  ['documentation', '3fff::1'],
  ['IPv4-mapped 10.0.0.1', '::ffff:10.0.0.1'],
  ['IPv4-mapped 8.8.8.8', '::ffff:8.8.8.8'],
  ['IPv4-compatible 127.0.0.1', '::7f00:1'],
  ['NAT64 of 10.0.0.1', '64:ff9b::a00:1'],
  ['local NAT64 of 10.0.0.1', '64:ff9b:1::a00:1'],
  ['IPv4-translated 10.0.0.1', '::ffff:0:a00:1'],
  ['6to4 of 10.0.0.1', '2002:a00:1::'],
  ['Teredo', '2001::1'],
  ['unassigned', '4000::1'],
])('the %s address %s is not public', (_, address) => {
  expect(isPublicAddress(address)).toBe(false)
})
