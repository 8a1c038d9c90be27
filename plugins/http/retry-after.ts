const longest = 24 * 60 * 60 * 1000

/**
 * Reads `Retry-After`, which is seconds or an HTTP date.
 * @returns milliseconds, at most a day; undefined when there is none that can be read.
 */
export function readRetryAfter(header: string | null, now: Date): number | undefined {
  if (header === null) return undefined
  const wait = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now.getTime()
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), longest)
}
