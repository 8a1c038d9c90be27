/** Seconds since 1970: from `start` up to, and without, `end`. */
export interface Period {
  start: number
  end: number
}

/** @param month a calendar month in UTC, `YYYY-MM` */
export function periodOf(month: string): Period {
  const [year = 0, number = 0] = month.split('-').map(Number)
  return { start: Date.UTC(year, number - 1) / 1_000, end: Date.UTC(year, number) / 1_000 }
}

/** The calendar month whose last second lies in a billing period; undefined when there is none, or more than one. */
export function monthBilledIn(period: Period): string | undefined {
  const after = new Date(period.end * 1_000)
  const newest = Date.UTC(after.getUTCFullYear(), after.getUTCMonth()) / 1_000 - 1
  const month = new Date(newest * 1_000).toISOString().slice(0, 7)
  const oneBefore = periodOf(month).start - 1
  return newest >= period.start && oneBefore < period.start ? month : undefined
}
