import { linkSync, rmSync } from 'node:fs'
import { runningFromPidFile, writePidFile } from './pid-file.ts'

/** The lock, or the process that has it, where that is known. */
export type LockAttempt = { release: () => void } | { release: undefined; holder: number | undefined }

/** A lock between processes: a file that names the one that has it. A lock whose process is gone is taken over. */
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

/** A link, unlike a write, makes the file appear with its content or not at all. */
function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch {
    return false
  }
}
