import { afterEach, expect, test, vi } from 'vitest'
import { readRetryAfter } from '../../../domain/calls/retry-after.ts'

afterEach(() => void vi.useRealTimers())

const day = 86_400_000

test.each([
  ['120', 120_000],
  [' 0 ', 0],
  ['31536000', day],
  ['Sun, 06 Nov 2044 08:50:37 GMT', 60_000],
  ['Sunday, 06-Nov-44 08:50:37 GMT', 60_000],
  ['Sun Nov  6 08:50:37 2044', 60_000],
  ['Fri, 31 Dec 1999 23:59:59 GMT', 0],
  ['Tue, 08 Nov 2044 08:49:37 GMT', day],
])('Retry-After "%s" is %i milliseconds', (header, expected) => {
  vi.useFakeTimers({ now: new Date('2044-11-06T08:49:37Z') })
  expect(readRetryAfter(header)).toBe(expected)
})

test.each(['soon', '-5', '1.5', '120, 120', '', 'Sunday', '0x10', null, undefined])(
  'Retry-After %j has no effect',
  (header) => {
    expect(readRetryAfter(header)).toBeUndefined()
  },
)
