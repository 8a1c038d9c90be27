import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import type { DatabaseConnection } from '../domain/database/connection.ts'
import { takeUnstartedBulks } from '../domain/decisions/bulk-progress.ts'
import { takeUnstarted } from '../domain/runs/unstarted-runs.ts'
import type { Runs } from './runs.ts'

const interval = 1_000
const batch = 50
const atOnce = 10

/**
 * Starts the workflows that a crash, or a Temporal that was away, left unstarted. A start of one that runs is harmless.
 * @returns how to stop it; it waits for the sweep under way.
 */
export function startSweeper(dependencies: {
  db: DatabaseConnection
  runs: Runs
  logger: FastifyBaseLogger
}): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const sweeping = sweepUntil(stopping.signal, dependencies)
  return {
    async stop() {
      stopping.abort()
      await sweeping
    },
  }
}

async function sweepUntil(
  signal: AbortSignal,
  { db, runs, logger }: { db: DatabaseConnection; runs: Runs; logger: FastifyBaseLogger },
): Promise<void> {
  let away = false
  while (!signal.aborted) {
    try {
      const started = await sweepOnce(db, runs, signal)
      if (started > 0) logger.info({ started }, 'started what was left over')
      away = false
    } catch (error) {
      // Said once, not every second.
      if (!away)
        logger.warn({ reason: error instanceof Error ? error.name : 'unknown' }, 'sweeping is held up')
      away = true
    }
    await delay(interval, undefined, { signal }).catch(() => undefined)
  }
}

/** @throws Error as soon as one start fails: the others would fail too. */
async function sweepOnce(db: DatabaseConnection, runs: Runs, signal: AbortSignal): Promise<number> {
  let started = 0
  for (const bulk of await takeUnstartedBulks(db, batch)) {
    await runs.startBulk(bulk)
    started += 1
  }
  for (;;) {
    const taken = await takeUnstarted(db, batch)
    for (let first = 0; first < taken.length && !signal.aborted; first += atOnce) {
      const group = taken.slice(first, first + atOnce)
      await Promise.all(group.map((onboarding) => runs.start(onboarding)))
      started += group.length
    }
    if (taken.length < batch || signal.aborted) return started
  }
}
