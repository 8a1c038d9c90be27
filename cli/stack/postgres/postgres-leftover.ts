import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { commandLine, isRunning, stopProcess } from '../processes/stop-process.ts'

const stopGraceMs = 15_000

/**
 * Stops the server that a killed start left on this cluster, and removes its lock file. Postgres refuses to start while the
 * lock file names a running process, even an unrelated one with the same id.
 */
export async function stopLeftoverPostgres(clusterFolder: string): Promise<void> {
  const lock = join(clusterFolder, 'postmaster.pid')
  const pid = Number(readFirstLine(lock))
  if (!Number.isInteger(pid) || pid <= 1) return
  if (isRunning(pid) && commandLine(pid)?.includes(clusterFolder) === true)
    await stopProcess(pid, 'SIGINT', stopGraceMs)
  rmSync(lock, { force: true })
}

function readFirstLine(path: string): string {
  try {
    return readFileSync(path, 'utf8').split('\n')[0] ?? ''
  } catch {
    return ''
  }
}
