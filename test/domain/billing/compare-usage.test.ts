import { describe, expect, test } from 'vitest'
import { compareUsage } from '../../../domain/billing/compare-usage.ts'

const used = { trial: 1, purchased: 2 }
const nothing = { trial: 0, purchased: 0 }

describe('our usage and the usage of a provider', () => {
  test.each([
    ['neither exists', undefined, undefined],
    ['both are the same', used, { ...used }],
    ['ours does not exist and theirs is zero', undefined, nothing],
  ])('agree when %s', (_, ours, theirs) => expect(compareUsage(ours, theirs)).toBeUndefined())

  test.each([
    [
      'missing_at_provider',
      used,
      undefined,
      'We billed 2 purchased and 1 trial licenses; the provider has nothing.',
    ],
    [
      'missing_at_provider',
      used,
      nothing,
      'We billed 2 purchased and 1 trial licenses; the provider has nothing.',
    ],
    ['unknown_here', undefined, used, 'The provider has 2 purchased and 1 trial licenses; we have no bill.'],
    [
      'different_usage',
      used,
      { trial: 2, purchased: 1 },
      'We billed 2 purchased and 1 trial licenses; the provider has 1 purchased and 2 trial licenses.',
    ],
    [
      'different_usage',
      used,
      { trial: 1, purchased: 3 },
      'We billed 2 purchased and 1 trial licenses; the provider has 3 purchased and 1 trial licenses.',
    ],
  ])('differ with the kind %s', (kind, ours, theirs, message) =>
    expect(compareUsage(ours, theirs)).toMatchObject({ kind, message }),
  )
})
