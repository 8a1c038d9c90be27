import { StartFailure } from '../failure.ts'
import { tryProcessLock } from './process-lock.ts'

/**
 * Makes this process the only one that runs on a data folder.
 * @returns what gives the lock back.
 * @throws StartFailure naming the process that has it.
 */
export function takeStartLock(path: string): () => void {
  const lock = tryProcessLock(path)
  if (lock.release !== undefined) return lock.release
  const who = lock.holder === undefined ? '' : ` (process ${lock.holder})`
  throw new StartFailure(
    `It is already running on this data folder${who}`,
    'Use that one, stop it first, or set DATA_DIR',
  )
}
