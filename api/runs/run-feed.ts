import { listen } from '../../domain/database/listen.ts'
import { runChannel, type RunProgress } from '../../domain/runs/run-events.ts'

export interface Watch {
  /**
   * Waits until the run may have changed since the last call, and at most two seconds, because a notification can be lost.
   * @param timeout the longest wait in milliseconds.
   * @returns the progress of the run, or undefined when the caller has to read it from the database.
   */
  next(timeout: number): Promise<RunProgress | undefined>
  stop(): void
}

/** Reports changes of runs to all waiting requests, over one database connection. */
export interface RunFeed {
  watch(runId: string): Watch
  /** Aborts when the process shuts down. Waiting requests then answer with the progress they have. */
  closing: AbortSignal
  close(): Promise<void>
}

const pollInterval = 2_000

export function createRunFeed({ databaseUrl }: { databaseUrl: string }): RunFeed {
  const watches = new Map<string, Set<Wake>>()
  const closing = new AbortController()
  const wakeAll = () => {
    for (const wakers of watches.values()) for (const wake of wakers) wake()
  }
  closing.signal.addEventListener('abort', wakeAll)
  const listening = listen(databaseUrl, runChannel, closing.signal, {
    onNotification: (payload) => {
      const progress = JSON.parse(payload) as RunProgress
      for (const wake of watches.get(progress.id) ?? []) wake(progress)
    },
    // Notifications are lost while the connection is down, so every waiter reads the database.
    onConnected: wakeAll,
  })

  return {
    closing: closing.signal,
    watch(runId) {
      const { wake, watch } = createWatch(() => {
        const wakers = watches.get(runId)
        wakers?.delete(wake)
        if (wakers?.size === 0) watches.delete(runId)
      })
      const wakers = watches.get(runId) ?? new Set()
      watches.set(runId, wakers.add(wake))
      return watch
    },
    async close() {
      closing.abort()
      await listening
    },
  }
}

/** Ends a wait. Without progress, the waiter reads it from the database. */
type Wake = (progress?: RunProgress) => void

function createWatch(stop: () => void): { wake: Wake; watch: Watch } {
  let changed = Promise.withResolvers<void>()
  let newest: RunProgress | undefined
  return {
    wake: (progress) => {
      newest = progress
      changed.resolve()
    },
    watch: {
      async next(timeout) {
        const timer = setTimeout(changed.resolve, Math.max(0, Math.min(timeout, pollInterval)))
        await changed.promise
        clearTimeout(timer)
        changed = Promise.withResolvers()
        const progress = newest
        newest = undefined
        return progress
      },
      stop,
    },
  }
}
