import type { FastifyBaseLogger } from 'fastify'
import type { Runs, StartableRun } from './runs.ts'

/** Starts workflows beside the request that accepted them. */
export interface Launcher {
  /** Returns at once. What does not start now is started by the sweeper. */
  launch(run: StartableRun): void
  /** Waits for the starts under way. */
  settle(): Promise<void>
}

export function createLauncher(runs: Runs, logger: FastifyBaseLogger): Launcher {
  const underWay = new Set<Promise<void>>()
  return {
    launch(run) {
      const start = runs
        .start(run)
        .catch((error: unknown) => {
          const reason = error instanceof Error ? error.name : 'unknown'
          logger.warn({ onboardingId: run.id, reason }, 'workflow not started; the sweeper will')
        })
        .finally(() => underWay.delete(start))
      underWay.add(start)
    },
    async settle() {
      await Promise.all(underWay)
    },
  }
}
