import { describe, expect, test } from 'vitest'
import { isMonth, monthBounds, monthOf, previousMonth } from '../../../domain/billing/months.ts'

describe('a month', () => {
  test.each(['2026-01', '2026-12', '2999-12'])('may be %s', (value) => expect(isMonth(value)).toBe(true))
  test.each(['2026-00', '2026-13', '2026-1', '26-01', '2026-01-01', ' 2026-01', '1999-12', ''])(
    'may not be "%s"',
    (value) => expect(isMonth(value)).toBe(false),
  )

  test('begins and ends at midnight in UTC, also at the turn of the year and in a leap year', () => {
    expect(monthBounds('2026-12')).toEqual({
      from: new Date('2026-12-01T00:00:00Z'),
      to: new Date('2027-01-01T00:00:00Z'),
    })
    const { from, to } = monthBounds('2024-02')
    expect((to.getTime() - from.getTime()) / 86_400_000).toBe(29)
    expect(() => monthBounds('2026-13')).toThrow('2026-13')
  })

  test('is the month of a time in UTC, and has a previous month', () => {
    expect(monthOf(new Date('2026-10-31T23:59:59.999Z'))).toBe('2026-10')
    expect(monthOf(new Date('2026-11-01T00:00:00+01:00'))).toBe('2026-10')
    expect([previousMonth('2026-03'), previousMonth('2026-01')]).toEqual(['2026-02', '2025-12'])
  })
})
