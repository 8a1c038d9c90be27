import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { commandLine, isRunning, stopProcess } from './stop-process.ts'

/** Remembers a running process, with its command line, because process ids are used again. */
export function writePidFile(path: string, pid: number): void {
  writeFileSync(path, `${pid}\n${commandLine(pid) ?? ''}\n`, { mode: 0o600 })
}

export function removePidFile(path: string): void {
  rmSync(path, { force: true })
}

/** The process that the file remembers, when it still runs and is the same one. */
export function runningFromPidFile(path: string): number | undefined {
  const [first, command] = read(path).split('\n')
  const pid = Number(first)
  if (!Number.isInteger(pid) || pid <= 1 || !isRunning(pid)) return undefined
  return command === '' || commandLine(pid) === command ? pid : undefined
}

/** Ends what an earlier start left behind when it was killed. Answers whether there was anything. */
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
