import { listen } from '../../domain/database/listen.ts'
import { runChannel, type RunProgress } from '../../domain/runs/run-events.ts'

/** Wakes whoever waits for one onboarding. */
export interface Watch {
  /**
   * Resolves when the onboarding may have changed since the last call, and in any case after two seconds: a
   * notification that got lost can't hang anybody.
   * @returns where it is now, or undefined when that has to be looked up.
   */
  next(longest: number): Promise<RunProgress | undefined>
  stop(): void
}

/** Tells which onboardings change, over one database connection that all waiters share. */
export interface RunFeed {
  watch(runId: string): Watch
  /** Aborts when the process is about to end: waiters answer with what they have. */
  closing: AbortSignal
  close(): Promise<void>
}

const safetyPoll = 2_000

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
    // Whatever happened while nobody listened is found by looking.
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

/** Without progress, whoever waits looks for itself. */
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
      async next(longest) {
        const timer = setTimeout(changed.resolve, Math.max(0, Math.min(longest, safetyPoll)))
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
