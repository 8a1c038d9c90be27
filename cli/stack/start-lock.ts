import { linkSync, rmSync } from 'node:fs'
import { StartFailure } from './failure.ts'
import { runningFromPidFile, writePidFile } from './pid-file.ts'

/**
 * Makes this process the only one that runs on a data folder. A lock whose process is gone is taken over.
 * @returns what gives the lock back.
 * @throws StartFailure naming the process that has it.
 */
export function takeStartLock(path: string): () => void {
  const own = `${path}.${process.pid}`
  writePidFile(own, process.pid)
  try {
    if (!linked(own, path)) {
      const holder = runningFromPidFile(path)
      if (holder !== undefined) throw alreadyRunning(holder)
      rmSync(path, { force: true })
      if (!linked(own, path)) throw alreadyRunning(runningFromPidFile(path))
    }
  } finally {
    rmSync(own, { force: true })
  }
  return () => rmSync(path, { force: true })
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

function alreadyRunning(pid: number | undefined): StartFailure {
  const who = pid === undefined ? '' : ` (process ${pid})`
  return new StartFailure(
    `It is already running on this data folder${who}`,
    'Use that one, stop it first, or set DATA_DIR',
  )
}
