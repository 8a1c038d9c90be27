import { StartFailure } from '../failure.ts'
import { tryProcessLock } from './process-lock.ts'

/** @returns a function that releases the lock. @throws StartFailure naming the process that holds it. */
export function takeStartLock(path: string): () => void {
  const lock = tryProcessLock(path)
  if (lock.release !== undefined) return lock.release
  const who = lock.holder === undefined ? '' : ` (process ${lock.holder})`
  throw new StartFailure(
    `\`npm start\` already runs on this data folder${who}`,
    'Use it, stop it first, or set DATA_DIR to another folder',
  )
}
