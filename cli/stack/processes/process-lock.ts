import { linkSync, rmSync } from 'node:fs'
import { runningFromPidFile, writePidFile } from './pid-file.ts'

/** The lock, or the process that holds it, if known. */
export type LockAttempt = { release: () => void } | { release: undefined; holder: number | undefined }

/** Tries to take a lock between processes: a file that names its holder. The lock of an ended process is taken over. */
export function tryProcessLock(path: string): LockAttempt {
  const own = `${path}.${process.pid}`
  writePidFile(own, process.pid)
  try {
    if (!linked(own, path)) {
      const holder = runningFromPidFile(path)
      if (holder !== undefined) return { release: undefined, holder }
      rmSync(path, { force: true })
      if (!linked(own, path)) return { release: undefined, holder: runningFromPidFile(path) }
    }
  } finally {
    rmSync(own, { force: true })
  }
  return { release: () => rmSync(path, { force: true }) }
}

/** Creates the file by a link, so that it appears with its content or not at all. */
function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch {
    return false
  }
}
