import { closeSync } from 'node:fs'
import { execa } from 'execa'
import { openLogFile } from './log-file.ts'

export interface ServerProcess {
  pid: number
  /** Resolves when the process has ended, with its exit code or signal in words. */
  ended: Promise<string>
  /** Asks the process to end, kills it after the grace time, and waits until it has ended. */
  stop(): Promise<void>
}

export interface ServerCommand {
  file: string
  args: string[]
  logFile: string
  /** Its working folder; by default that of this process. */
  cwd?: string
  /** Its user; by default that of this process. */
  user?: { uid: number; gid: number } | undefined
  /** Its environment; by default that of this process. */
  variables?: Record<string, string> | undefined
  /** The signal that asks it to end; SIGTERM by default. */
  stopSignal?: 'SIGINT' | 'SIGTERM'
  stopGraceMs: number
  /** For a Node process: opens a channel to it and gets its messages. */
  onMessage?: (message: unknown) => void
}

/**
 * Starts a server in its own process group, so that Ctrl-C in the terminal reaches only the supervisor, which stops all
 * servers in the right order.
 * @throws Error when the program cannot be started.
 */
export async function startServerProcess(command: ServerCommand): Promise<ServerProcess> {
  const { onMessage } = command
  // Any descriptor works; the types of execa end at 9.
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
