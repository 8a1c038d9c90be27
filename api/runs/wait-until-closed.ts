import type { DatabaseConnection } from '../../domain/database/connection.ts'
import type { OnboardingProgress } from '../../domain/runs/run-events.ts'
import { readProgress } from '../../domain/runs/read-runs.ts'
import type { OnboardingFeed } from './run-feed.ts'

/**
 * Waits until the onboarding is as asked, the time is up, or the process is about to end.
 * @param options `known` is where it is, for a caller who knows that it can't have changed yet.
 */
export async function waitForOnboarding(
  { db, feed }: { db: DatabaseConnection; feed: OnboardingFeed },
  onboardingId: string,
  options: {
    milliseconds: number
    until(progress: OnboardingProgress): boolean
    known?: OnboardingProgress | undefined
  },
): Promise<void> {
  const deadline = Date.now() + options.milliseconds
  // Watching begins before the first look, so that no change falls in between.
  const watch = feed.watch(onboardingId)
  try {
    let progress = options.known ?? (await readProgress(db, onboardingId))
    while (!feed.closing.aborted && !options.until(progress)) {
      const left = deadline - Date.now()
      if (left <= 0) return
      progress = (await watch.next(left)) ?? (await readProgress(db, onboardingId))
    }
  } finally {
    watch.stop()
  }
}

/** Nothing will happen by itself any more. */
export function isSettled({ status }: OnboardingProgress): boolean {
  return status !== 'accepted' && status !== 'running' && status !== 'cancelling'
}
