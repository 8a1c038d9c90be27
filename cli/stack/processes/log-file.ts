import { existsSync, openSync, readFileSync, renameSync, statSync } from 'node:fs'

const largestBytes = 10_000_000
const longestLine = 200
const looksLikeReason = /^✗ |^\w*Error:? |FATAL:/

/** Opens a log to append to. One that has grown large is put aside, in the place of the one put aside before. */
export function openLogFile(path: string): number {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  if (size > largestBytes) renameSync(path, `${path}.1`)
  return openSync(path, 'a', 0o600)
}

/** How a process ended, with the reason it gave: the last line that looks like one, else simply the last. */
export function withLastLogLine(how: string, path: string): string {
  // A process that is stopped on purpose may outlive its folder for a moment.
  if (!existsSync(path)) return how
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  const line = lines.findLast((text) => looksLikeReason.test(text)) ?? lines.at(-1) ?? ''
  return line === '' ? how : `${how}: ${line.replace(/^✗ /, '').replace(/\.$/, '').slice(0, longestLine)}`
}
