const longestWait = 60

/**
 * Reads `wait=N` out of a `Prefer` header (RFC 7240). What is not understood is ignored, as that standard asks.
 * @returns seconds, at most 60, or undefined when the caller does not want to wait.
 */
export function readWait(header: string | string[] | undefined): number | undefined {
  const preferences = [header ?? []].flat().join(',')
  const seconds = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,9})"?(?=\s*(?:[,;]|$))/i.exec(preferences)?.[1]
  return seconds === undefined ? undefined : Math.min(Number(seconds), longestWait)
}
