import { rejectedOnAbort, withDeadline } from '../../../domain/calls/deadline.ts'
import { StartFailure, StartFailures } from '../failure.ts'
import { withLastLogLine } from './log-file.ts'
import { removePidFile, stopLeftover, writePidFile } from './pid-file.ts'
import { readMessage } from './process-message.ts'
import { type ServerProcess, startServerProcess } from './server-process.ts'

export interface NodeProcessOptions {
  title: string
  script: string
  args: string[]
  logFile: string
  /** Records the process, so that the next start can stop it if this start is killed. */
  pidFile: string
  variables?: Record<string, string>
  readyTimeoutMs: number
  stopGraceMs: number
  signal?: AbortSignal
  /** Gets each warning of the process, also after the start. */
  report?: (line: string) => void
}

/**
 * Starts one of our own processes and waits for its `{ type: 'ready' }`. When this process ends, the channel between them
 * closes and the child ends by itself.
 * @throws StartFailures that the child sent, or StartFailure naming its log when it ends or stays silent.
 */
export async function startNodeProcess(options: NodeProcessOptions): Promise<ServerProcess> {
  await stopLeftover(options.pidFile, 'SIGTERM')
  const ready = Promise.withResolvers<void>()
  const child = await startServerProcess({
    file: process.execPath,
    args: [options.script, ...options.args],
    logFile: options.logFile,
    variables: options.variables,
    stopGraceMs: options.stopGraceMs,
    onMessage(raw) {
      const message = readMessage(raw)
      if (message?.type === 'ready') ready.resolve()
      if (message?.type === 'warning') options.report?.(message.line)
      if (message?.type === 'failed') ready.reject(failuresOf(message.failures))
    },
  })
  writePidFile(options.pidFile, child.pid)
  const stop = async () => {
    await child.stop()
    removePidFile(options.pidFile)
  }
  try {
    await inTime(options, child, ready.promise)
  } catch (error) {
    await stop()
    throw error
  }
  return { ...child, stop }
}

async function inTime(
  options: NodeProcessOptions,
  child: ServerProcess,
  ready: Promise<void>,
): Promise<void> {
  const { title, logFile, readyTimeoutMs } = options
  const failure = (what: string) => new StartFailure(`${title} ${what}`, `Read its log: ${logFile}`)
  const late = () => failure(`was not ready within ${Math.round(readyTimeoutMs / 1_000)} seconds`)
  // The last message of the child has arrived by the time it has ended.
  const ended = child.ended.then((how) => {
    throw failure(`ended while it started (${withLastLogLine(how, logFile)})`)
  })
  const given = { milliseconds: readyTimeoutMs, late, ...(options.signal && { signal: options.signal }) }
  await withDeadline(given, (signal) => Promise.race([ready, ended, rejectedOnAbort(signal)]))
}

function failuresOf(failures: { message: string; nextAction: string }[]): StartFailures {
  return new StartFailures(failures.map(({ message, nextAction }) => new StartFailure(message, nextAction)))
}
