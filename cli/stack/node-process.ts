import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { closeSync } from 'node:fs'
import { StartFailure, StartFailures } from './failure.ts'
import { openLogFile, withLastLogLine } from './log-file.ts'
import { removePidFile, stopLeftover, writePidFile } from './pid-file.ts'
import { readMessage } from './process-message.ts'
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
  /** Told what the process says is not as it should be, also later on. */
  report?: (line: string) => void
}

export interface NodeProcess extends ServerProcess {
  stop(): Promise<void>
}

/**
 * Starts one of our own processes and waits for its `{ type: 'ready' }`. It ends by itself when this process is gone,
 * because the channel between them closes then.
 * @throws StartFailures as it told them, or StartFailure naming its log when it just ends or stays silent.
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
  child: ChildProcess,
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
    child.on('message', (raw: unknown) => {
      const message = readMessage(raw)
      if (message?.type === 'ready') settle(resolve)
      if (message?.type === 'warning') options.report?.(message.line)
      if (message?.type === 'failed') settle(() => reject(failuresOf(message.failures)))
    })
    options.signal?.addEventListener('abort', () => settle(() => reject(options.signal?.reason)), {
      once: true,
    })
    void ended.then(async (how) => {
      // The last it told may still be on its way.
      if (child.connected) await once(child, 'disconnect')
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

function failuresOf(failures: { message: string; nextAction: string }[]): StartFailures {
  return new StartFailures(failures.map(({ message, nextAction }) => new StartFailure(message, nextAction)))
}
