import { closeSync } from 'node:fs'
import { execa } from 'execa'
import { openLogFile } from './log-file.ts'

/** A server that runs as a process of its own. */
export interface ServerProcess {
  pid: number
  /** Settles when the process has ended, for whatever reason, with a few words on how. */
  ended: Promise<string>
  /** Asks it to end, kills it when it has not ended in time, and waits until it has. */
  stop(): Promise<void>
}

export interface ServerCommand {
  file: string
  args: string[]
  /** Where everything it prints is appended. */
  logFile: string
  /** The folder it runs in; this process's own by default. */
  cwd?: string
  /** The user it runs as, when not this one. */
  user?: { uid: number; gid: number } | undefined
  /** Its environment; this process's own by default. */
  variables?: Record<string, string> | undefined
  /** How it is asked to end; SIGTERM by default. */
  stopSignal?: 'SIGINT' | 'SIGTERM'
  stopGraceMs: number
  /** For a Node process: opens a channel to it, and takes what it says there. */
  onMessage?: (message: unknown) => void
}

/**
 * Starts a server in a process group of its own, so that a Ctrl-C in the terminal reaches only the supervisor, which
 * then stops everything in the right order.
 * @throws Error when the program cannot be started at all.
 */
export async function startServerProcess(command: ServerCommand): Promise<ServerProcess> {
  const { onMessage } = command
  // Any descriptor will do; the types of execa stop at 9.
  const log = openLogFile(command.logFile) as 9
  const child = execa(command.file, command.args, {
    ...command.user,
    detached: true,
    stdin: 'ignore',
    stdout: log,
    stderr: log,
    ipc: onMessage !== undefined,
    cwd: command.cwd ?? process.cwd(),
    ...(command.variables && { env: command.variables, extendEnv: false }),
    killSignal: command.stopSignal ?? 'SIGTERM',
    forceKillAfterDelay: command.stopGraceMs,
    reject: false,
  })
  closeSync(log)
  if (child.pid === undefined) throw new Error((await child).originalMessage)
  if (onMessage !== undefined) child.nodeChildProcess.on('message', onMessage)
  return {
    pid: child.pid,
    ended: child.then(({ exitCode, signal }) =>
      signal === undefined ? `exit code ${exitCode}` : `signal ${signal}`,
    ),
    async stop() {
      child.kill()
      await child
    },
  }
}
