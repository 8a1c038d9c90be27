import type { Logger } from 'pino'
import type { UnstartedBulk } from '../domain/decisions/bulk-progress.ts'
import type { StartableRun } from '../domain/runs/unstarted-runs.ts'
import type { Runs } from './runs.ts'

export interface Launcher {
  /** Begins to start the workflow of a run, and returns at once. If the start fails, the sweeper starts the workflow later. */
  launch(run: StartableRun): void
  /** The same for the workflow of a bulk decision. */
  launchBulk(bulk: UnstartedBulk): void
  /** Resolves when every start that has begun has ended. */
  finish(): Promise<void>
}

/** @param logger gets a warning for each start that failed. */
export function createLauncher(runs: Runs, logger: Pick<Logger, 'warn'>): Launcher {
  const starting = new Set<Promise<void>>()
  const follow = (started: Promise<void>, ids: Record<string, string>) => {
    const start = started
      .catch((error: unknown) => {
        const reason = error instanceof Error ? error.name : 'unknown'
        logger.warn({ ...ids, reason }, 'workflow not started; the sweeper will start it')
      })
      .finally(() => starting.delete(start))
    starting.add(start)
  }
  return {
    launch: (run) => follow(runs.start(run), { runId: run.id }),
    launchBulk: (bulk) => follow(runs.startBulk(bulk), { bulkDecisionId: bulk.id }),
    async finish() {
      await Promise.all(starting)
    },
  }
}
