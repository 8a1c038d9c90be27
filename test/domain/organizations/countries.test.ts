import { describe, expect, test } from 'vitest'
import { resolveCountry, resolveState } from '../../../domain/organizations/countries.ts'

describe('a state', () => {
  test.each([
    ['US', 'TX', 'US-TX'],
    ['US', 'us-tx', 'US-TX'],
    ['US', ' texas ', 'US-TX'],
    ['US', 'NEW YORK', 'US-NY'],
    ['CA', 'Quebec', 'CA-QC'],
    ['CA', 'Québec', 'CA-QC'],
    ['DE', 'Baden-Wurttemberg', 'DE-BW'],
    ['PL', 'Lodzkie', 'PL-10'],
    ['IN', 'Puducherry', 'IN-PY'],
    // Dhaka is a division, and a district in it has the same name.
    ['BD', 'Dhaka', 'BD-C'],
  ])('of %s written %s is stored as %s', (country, spelling, code) => {
    expect(resolveState(country, spelling)).toBe(code)
  })

  test('is free text for a country without states', () => {
    expect(resolveState('HK', ' Kowloon ')).toBe('Kowloon')
  })

  test.each([
    ['US', 'Bavaria'],
    ['US', 'DE-BY'],
    ['US', ''],
  ])('is refused when %s does not have "%s"', (country, spelling) => {
    expect(resolveState(country, spelling)).toBeUndefined()
  })
})

test('a country is found by its code in upper or lower case', () => {
  expect(resolveCountry('us')).toBe('US')
  expect(resolveCountry('XX')).toBeUndefined()
})
