import { expect, test } from 'vitest'
import { isPublicAddress } from '../../../domain/webhooks/public-address.ts'

test.each([
  '8.8.8.8',
  '172.32.0.1',
  '192.0.3.1',
  '2606:4700:4700::1111',
  '2001:4860:4860::8888',
  '2a00:1450::1',
])('%s is public', (address) => expect(isPublicAddress(address)).toBe(true))

test.each([
  ['this network', '0.0.0.0'],
  ['this machine', '127.0.0.1'],
  ['this machine', '127.9.9.9'],
  ['private', '10.1.2.3'],
  ['private', '172.16.0.1'],
  ['private', '192.168.0.1'],
  ['of a carrier', '100.64.0.1'],
  ['of the link, where clouds keep secrets', '169.254.169.254'],
  ['for examples', '203.0.113.7'],
  ['for measurements', '198.18.0.1'],
  ['for groups', '224.0.0.1'],
  ['for everybody', '255.255.255.255'],
  ['no address', '::'],
  ['this machine', '::1'],
  ['of the link', 'fe80::1'],
  ['private', 'fd00::1'],
  ['of a site', 'fec0::1'],
  ['for groups', 'ff02::1'],
  ['for examples', '2001:db8::1'],
  ['for examples', '3fff::1'],
  ['a mapped 10.0.0.1', '::ffff:10.0.0.1'],
  ['a mapped 8.8.8.8', '::ffff:8.8.8.8'],
  ['a compatible 127.0.0.1', '::7f00:1'],
  ['a translated 10.0.0.1', '64:ff9b::a00:1'],
  ['a translated 10.0.0.1', '64:ff9b:1::a00:1'],
  ['a translated 10.0.0.1', '::ffff:0:a00:1'],
  ['6to4 for 10.0.0.1', '2002:a00:1::'],
  ['Teredo', '2001::1'],
  ['never given out', '4000::1'],
])('what is %s, %s, is not public', (_, address) => {
  expect(isPublicAddress(address)).toBe(false)
})
