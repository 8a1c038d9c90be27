import type { FastifyBaseLogger } from 'fastify'
import type { UnstartedBulk } from '../domain/decisions/bulk-progress.ts'
import type { StartableRun } from '../domain/runs/unstarted-runs.ts'
import type { Runs } from './runs.ts'

/** Starts workflows beside the request that accepted them. */
export interface Launcher {
  /** Returns at once. What does not start now is started by the sweeper. */
  launch(run: StartableRun): void
  launchBulk(bulk: UnstartedBulk): void
  /** Waits for the starts under way. */
  finish(): Promise<void>
}

export function createLauncher(runs: Runs, logger: FastifyBaseLogger): Launcher {
  const underWay = new Set<Promise<void>>()
  const follow = (starting: Promise<void>, names: Record<string, string>) => {
    const start = starting
      .catch((error: unknown) => {
        const reason = error instanceof Error ? error.name : 'unknown'
        logger.warn({ ...names, reason }, 'workflow not started; the sweeper will')
      })
      .finally(() => underWay.delete(start))
    underWay.add(start)
  }
  return {
    launch: (run) => follow(runs.start(run), { runId: run.id }),
    launchBulk: (bulk) => follow(runs.startBulk(bulk), { bulkDecisionId: bulk.id }),
    async finish() {
      await Promise.all(underWay)
    },
  }
}
