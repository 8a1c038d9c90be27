import type { DatabaseConnection } from '../../domain/database/connection.ts'
import type { RunProgress } from '../../domain/runs/run-events.ts'
import { readProgress } from '../../domain/runs/read-runs.ts'
import type { RunFeed } from './run-feed.ts'

/**
 * Waits until a condition holds for a run, the time is up, or the process shuts down.
 * @param options `until` is the condition. `known` is the present progress of the run, for a caller who knows it; by default it is
 *   read from the database.
 */
export async function waitForRun(
  { db, feed }: { db: DatabaseConnection; feed: RunFeed },
  runId: string,
  options: {
    milliseconds: number
    until(progress: RunProgress): boolean
    known?: RunProgress | undefined
  },
): Promise<void> {
  const deadline = Date.now() + options.milliseconds
  // Watching begins before the first read, so that no change is missed.
  const watch = feed.watch(runId)
  try {
    let progress = options.known ?? (await readProgress(db, runId))
    while (!feed.closing.aborted && !options.until(progress)) {
      const remaining = deadline - Date.now()
      if (remaining <= 0) return
      progress = (await watch.next(remaining)) ?? (await readProgress(db, runId))
    }
  } finally {
    watch.stop()
  }
}

/** Whether a run has ended, or needs a decision to continue. */
export function isClosedOrStuck({ status }: RunProgress): boolean {
  return status !== 'accepted' && status !== 'running' && status !== 'cancelling'
}
