import { setTimeout as sleep } from 'node:timers/promises'
import { StartFailure } from '../failure.ts'

/** A started process, which may end by itself. */
export interface Running {
  ended: Promise<string>
  stop(): Promise<void>
}

export interface KeepRunningOptions<T extends Running> {
  title: string
  start(): Promise<T>
  /** The number of restarts in a row before giving up. A process that runs for a minute resets the count. */
  restarts: number
  report(line: string): void
  /** Called once, after the last restart. */
  gaveUp(failure: StartFailure): void
}

const firstPauseMs = 250
const longestPauseMs = 10_000
const calmMs = 60_000

/** Starts a process, restarts it whenever it ends by itself, and stops it when asked to. */
export async function keepRunning<T extends Running>(options: KeepRunningOptions<T>) {
  const first = await options.start()
  let current: Running = first
  const stopping = new AbortController()

  const runsAgain = (running: T): Running => {
    options.report(`${options.title} runs again`)
    return running
  }
  const watch = async (): Promise<void> => {
    let inARow = 0
    for (;;) {
      const since = Date.now()
      const how = await current.ended
      if (stopping.signal.aborted) return
      inARow = Date.now() - since > calmMs ? 1 : inARow + 1
      if (inARow > options.restarts) {
        options.gaveUp(new StartFailure(`${options.title} keeps ending (${how})`, 'Read its log'))
        return
      }
      options.report(`${options.title} ended unexpectedly (${how}), starting it again`)
      await sleep(pauseBefore(inARow), undefined, { signal: stopping.signal }).catch(() => undefined)
      if (stopping.signal.aborted) return
      current = await options.start().then(runsAgain, failedStart)
    }
  }
  const watching = watch()

  return {
    first,
    async stop(): Promise<void> {
      stopping.abort()
      await current.stop()
      await watching
      await current.stop()
    },
  }
}

function pauseBefore(restart: number): number {
  return Math.min(firstPauseMs * 2 ** (restart - 1), longestPauseMs)
}

/** A failed restart counts as a process that ended at once. */
function failedStart(error: unknown): Running {
  const ended = async () => (error instanceof Error ? error.message : String(error))
  return { ended: ended(), stop: async () => undefined }
}
