import { spawn } from 'node:child_process'
import { closeSync } from 'node:fs'
import { openLogFile } from './log-file.ts'

/** A server that runs as a process of its own. */
export interface ServerProcess {
  pid: number
  /** Settles when the process has ended, for whatever reason, with a few words on how. */
  ended: Promise<string>
}

export interface ServerCommand {
  file: string
  args: string[]
  /** Where everything it prints is appended. */
  logFile: string
  /** The folder it runs in; this process's own by default. */
  cwd?: string
  /** The user it runs as, when not this one. */
  user?: { uid: number; gid: number }
  variables?: Record<string, string>
}

/**
 * Starts a server in a process group of its own, so that a Ctrl-C in the terminal reaches only the supervisor, which
 * then stops everything in the right order.
 * @throws Error when the program cannot be started at all.
 */
export async function startServerProcess(command: ServerCommand): Promise<ServerProcess> {
  const log = openLogFile(command.logFile)
  const child = spawn(command.file, command.args, {
    detached: true,
    stdio: ['ignore', log, log],
    ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
    ...(command.user ?? {}),
    ...(command.variables === undefined ? {} : { env: command.variables }),
  })
  closeSync(log)
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`))
  })
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', reject)
  })
  if (child.pid === undefined) throw new Error(`${command.file} has no process id`)
  return { pid: child.pid, ended }
}
