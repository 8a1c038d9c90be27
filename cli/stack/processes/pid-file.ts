import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { commandLine, isRunning, stopProcess } from './stop-process.ts'

/** Records a running process with its command line, because process ids are reused. */
export function writePidFile(path: string, pid: number): void {
  writeFileSync(path, `${pid}\n${commandLine(pid) ?? ''}\n`, { mode: 0o600 })
}

export function removePidFile(path: string): void {
  rmSync(path, { force: true })
}

/** The recorded process, if it still runs and has the same command line. */
export function runningFromPidFile(path: string): number | undefined {
  const [first, command] = read(path).split('\n')
  const pid = Number(first)
  if (!Number.isInteger(pid) || pid <= 1 || !isRunning(pid)) return undefined
  return command === '' || commandLine(pid) === command ? pid : undefined
}

/** Stops the process that a killed start left running. @returns whether there was one. */
export async function stopLeftover(path: string, signal: NodeJS.Signals): Promise<boolean> {
  const pid = runningFromPidFile(path)
  if (pid !== undefined) await stopProcess(pid, signal, 10_000)
  removePidFile(path)
  return pid !== undefined
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
