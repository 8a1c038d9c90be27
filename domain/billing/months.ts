/** Whether `value` is a calendar month as we write it: `YYYY-MM`. */
export function isMonth(value: string): boolean {
  return /^2\d{3}-(0[1-9]|1[0-2])$/.test(value)
}

/**
 * When a month begins, and when the next one does, in UTC.
 * @throws Error when it is not a month.
 */
export function monthBounds(month: string): { from: Date; to: Date } {
  if (!isMonth(month)) throw new Error(`"${month}" is not a month such as 2026-10`)
  const [year = 0, number = 0] = month.split('-').map(Number)
  return { from: new Date(Date.UTC(year, number - 1)), to: new Date(Date.UTC(year, number)) }
}

/** The calendar month in UTC that a moment lies in. */
export function monthOf(moment: Date): string {
  return moment.toISOString().slice(0, 7)
}

/** @throws Error when it is not a month. */
export function previousMonth(month: string): string {
  return monthOf(new Date(monthBounds(month).from.getTime() - 1))
}
