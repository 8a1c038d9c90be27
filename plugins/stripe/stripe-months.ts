/** A period in seconds since 1970, from `start` to `end`, without `end` itself. */
export interface Period {
  start: number
  end: number
}

/** Returns the period of a calendar month in UTC. @param month `YYYY-MM`. */
export function periodOf(month: string): Period {
  const [year = 0, number = 0] = month.split('-').map(Number)
  return { start: Date.UTC(year, number - 1) / 1_000, end: Date.UTC(year, number) / 1_000 }
}

/** Returns the calendar month whose last second is in a billing period, or undefined when there is none or more than one. */
export function monthBilledIn(period: Period): string | undefined {
  const after = new Date(period.end * 1_000)
  const newest = Date.UTC(after.getUTCFullYear(), after.getUTCMonth()) / 1_000 - 1
  const month = new Date(newest * 1_000).toISOString().slice(0, 7)
  const oneBefore = periodOf(month).start - 1
  return newest >= period.start && oneBefore < period.start ? month : undefined
}
