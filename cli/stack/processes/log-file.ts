import { existsSync, openSync, readFileSync, renameSync, statSync } from 'node:fs'

const largestBytes = 10_000_000
const longestLine = 200
const looksLikeReason = /^✗ |^\w*Error:? |FATAL:/

/** Opens a log file for appending. A large file is first renamed to `….1`, replacing the earlier one. */
export function openLogFile(path: string): number {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  if (size > largestBytes) renameSync(path, `${path}.1`)
  return openSync(path, 'a', 0o600)
}

/** How a process ended, with its reason: the last log line that looks like a reason, else the last line. */
export function withLastLogLine(how: string, path: string): string {
  // A process that is being stopped may outlive its folder for a moment.
  if (!existsSync(path)) return how
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  const line = lines.findLast((text) => looksLikeReason.test(text)) ?? lines.at(-1) ?? ''
  return line === '' ? how : `${how}: ${line.replace(/^✗ /, '').replace(/\.$/, '').slice(0, longestLine)}`
}
