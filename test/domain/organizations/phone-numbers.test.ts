import { expect, test } from 'vitest'
import { normalisePhoneNumber } from '../../../domain/organizations/phone-numbers.ts'

test.each([
  ['(512) 555-0142', 'US', '+15125550142'],
  ['+49 89 123456', 'US', '+4989123456'],
  ['089/123456', 'DE', '+4989123456'],
  ['512-555-0142 ext. 7', 'US', '+15125550142;ext=7'],
])('%s of %s is stored as %s', (text, country, stored) => {
  expect(normalisePhoneNumber(text, country)).toBe(stored)
})

test('a stored phone number stays as it is', () => {
  expect(normalisePhoneNumber('+15125550142;ext=7', 'US')).toBe('+15125550142;ext=7')
})

test.each(['12', 'call me', 'call 512-555-0142 now'])('%s is refused as a phone number', (text) => {
  expect(normalisePhoneNumber(text, 'US')).toBeUndefined()
})
