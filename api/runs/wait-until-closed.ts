import type { DatabaseConnection } from '../../domain/database/connection.ts'
import type { RunProgress } from '../../domain/runs/run-events.ts'
import { readProgress } from '../../domain/runs/read-runs.ts'
import type { RunFeed } from './run-feed.ts'

/**
 * Waits until the onboarding is as asked, the time is up, or the process is about to end.
 * @param options `known` is where it is, for a caller who knows that it can't have changed yet.
 */
export async function waitUntilClosed(
  { db, feed }: { db: DatabaseConnection; feed: RunFeed },
  runId: string,
  options: {
    milliseconds: number
    until(progress: RunProgress): boolean
    known?: RunProgress | undefined
  },
): Promise<void> {
  const deadline = Date.now() + options.milliseconds
  // Watching begins before the first look, so that no change falls in between.
  const watch = feed.watch(runId)
  try {
    let progress = options.known ?? (await readProgress(db, runId))
    while (!feed.closing.aborted && !options.until(progress)) {
      const left = deadline - Date.now()
      if (left <= 0) return
      progress = (await watch.next(left)) ?? (await readProgress(db, runId))
    }
  } finally {
    watch.stop()
  }
}

/** Nothing will happen by itself any more. */
export function isClosed({ status }: RunProgress): boolean {
  return status !== 'accepted' && status !== 'running' && status !== 'cancelling'
}
