export function isMonth(value: string): boolean {
  return /^2\d{3}-(0[1-9]|1[0-2])$/.test(value)
}

/** In UTC. @throws Error when `month` is not in the form `YYYY-MM`. */
export function monthBounds(month: string): { from: Date; to: Date } {
  if (!isMonth(month)) throw new Error(`"${month}" is not a month such as 2026-10`)
  const [year = 0, number = 0] = month.split('-').map(Number)
  return { from: new Date(Date.UTC(year, number - 1)), to: new Date(Date.UTC(year, number)) }
}

export function monthOf(moment: Date): string {
  return moment.toISOString().slice(0, 7)
}

export function previousMonth(month: string): string {
  return monthOf(new Date(monthBounds(month).from.getTime() - 1))
}
