/** The previous calendar month in UTC, `YYYY-MM`. Usage is reported for a month that has ended. */
export function lastMonth(): string {
  const now = new Date()
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1)).toISOString().slice(0, 7)
}
