import { fork } from 'node:child_process'
import { closeSync } from 'node:fs'
import { StartFailure } from './failure.ts'
import { openLogFile, withLastLogLine } from './log-file.ts'
import { removePidFile, stopLeftover, writePidFile } from './pid-file.ts'
import { stopProcess } from './processes.ts'
import type { ServerProcess } from './server-process.ts'

export interface NodeProcessOptions {
  title: string
  script: string
  args: string[]
  logFile: string
  /** Remembers the process, so that the next start can end what a killed one left behind. */
  pidFile: string
  variables?: Record<string, string>
  readyTimeoutMs: number
  stopGraceMs: number
  /** Gives up the start. */
  signal?: AbortSignal
}

export interface NodeProcess extends ServerProcess {
  stop(): Promise<void>
}

/**
 * Starts one of our own processes and waits for its `{ type: 'ready' }`. It ends by itself when this process is gone,
 * because the channel between them closes then.
 * @throws StartFailure naming its log, when it ends or stays silent instead.
 */
export async function startNodeProcess(options: NodeProcessOptions): Promise<NodeProcess> {
  await stopLeftover(options.pidFile, 'SIGTERM')
  const log = openLogFile(options.logFile)
  const child = fork(options.script, options.args, {
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
    execArgv: [],
    ...(options.variables === undefined ? {} : { env: options.variables }),
  })
  closeSync(log)
  const { pid } = child
  if (pid === undefined) throw new Error(`${options.title} has no process id`)
  writePidFile(options.pidFile, pid)
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`))
  })
  const stop = async () => {
    await stopProcess(pid, 'SIGTERM', options.stopGraceMs)
    removePidFile(options.pidFile)
  }
  try {
    await ready(options, child, ended)
  } catch (error) {
    await stop()
    throw error
  }
  return { pid, ended, stop }
}

async function ready(
  options: NodeProcessOptions,
  child: NodeJS.EventEmitter,
  ended: Promise<string>,
): Promise<void> {
  const nextAction = `Read its log: ${options.logFile}`
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      const seconds = Math.round(options.readyTimeoutMs / 1_000)
      reject(new StartFailure(`${options.title} did not get ready in ${seconds} seconds`, nextAction))
    }, options.readyTimeoutMs)
    const settle = (act: () => void) => {
      clearTimeout(timer)
      act()
    }
    child.on('message', (message: unknown) => {
      if (isReady(message)) settle(resolve)
    })
    options.signal?.addEventListener('abort', () => settle(() => reject(options.signal?.reason)), {
      once: true,
    })
    void ended.then((how) => {
      settle(() =>
        reject(
          new StartFailure(
            `${options.title} ended while it started (${withLastLogLine(how, options.logFile)})`,
            nextAction,
          ),
        ),
      )
    })
  })
}

function isReady(message: unknown): boolean {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === 'ready'
}
