const day = 24 * 60 * 60 * 1_000

/**
 * Reads the header `Retry-After`: a number of seconds or an HTTP date (RFC 9110, 10.2.3).
 * @returns milliseconds from now, at most a day; 0 for a date in the past; undefined when the header is absent or malformed.
 */
export function readRetryAfter(header: string | null | undefined): number | undefined {
  const text = header?.trim() ?? ''
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1_000, day)
  // All three forms of an HTTP date begin with a weekday. Without this check `Date.parse` reads "-5" as the month of May.
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text)) return undefined
  const date = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`)
  return Number.isNaN(date) ? undefined : Math.min(Math.max(date - Date.now(), 0), day)
}
