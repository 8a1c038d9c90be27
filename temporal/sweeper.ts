import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { DatabaseConnection } from '../domain/database/connection.ts'
import { takeUnstartedBulks } from '../domain/decisions/bulk-progress.ts'
import { takeUnstarted } from '../domain/runs/unstarted-runs.ts'
import type { Runs } from './runs.ts'

const interval = 1_000
const pageSize = 50
const atOnce = 10

interface SweeperDependencies {
  db: DatabaseConnection
  runs: Runs
  logger: Pick<Logger, 'info' | 'warn'>
}

/**
 * Starts, every second, the workflows that a crash or an unreachable Temporal left unstarted. It has no effect on a workflow that
 * runs already.
 * @returns `stop`, which resolves when the current sweep has ended.
 */
export function startSweeper(dependencies: SweeperDependencies): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const sweeping = sweepUntil(stopping.signal, dependencies)
  return {
    async stop() {
      stopping.abort()
      await sweeping
    },
  }
}

async function sweepUntil(signal: AbortSignal, { db, runs, logger }: SweeperDependencies): Promise<void> {
  let failing = false
  while (!signal.aborted) {
    try {
      const started = await sweepOnce(db, runs, signal)
      if (started > 0) logger.info({ started }, 'started workflows that were left unstarted')
      failing = false
    } catch (error) {
      // One line for an outage, not one a second.
      if (!failing)
        logger.warn(
          { reason: error instanceof Error ? error.name : 'unknown' },
          'cannot start workflows; the sweeper goes on trying',
        )
      failing = true
    }
    await delay(interval, undefined, { signal }).catch(() => undefined)
  }
}

/** @returns the number of workflows started. @throws Error as soon as one start fails, because the others would fail too. */
async function sweepOnce(db: DatabaseConnection, runs: Runs, signal: AbortSignal): Promise<number> {
  let started = 0
  for (const bulk of await takeUnstartedBulks(db, pageSize)) {
    await runs.startBulk(bulk)
    started += 1
  }
  for (;;) {
    const taken = await takeUnstarted(db, pageSize)
    for (let first = 0; first < taken.length && !signal.aborted; first += atOnce) {
      const group = taken.slice(first, first + atOnce)
      await Promise.all(group.map((run) => runs.start(run)))
      started += group.length
    }
    if (taken.length < pageSize || signal.aborted) return started
  }
}
