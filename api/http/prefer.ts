/** The longest wait of a request, in seconds. */
const longestWait = 60

/**
 * Reads `wait=N` out of a `Prefer` header (RFC 7240). Other preferences are ignored, as the standard requires.
 * @returns the wait in seconds, at most 60; undefined when the header has none.
 */
export function readWait(header: string | string[] | undefined): number | undefined {
  const preferences = [header ?? []].flat().join(',')
  const seconds = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,9})"?(?=\s*(?:[,;]|$))/i.exec(preferences)?.[1]
  return seconds === undefined ? undefined : Math.min(Number(seconds), longestWait)
}
