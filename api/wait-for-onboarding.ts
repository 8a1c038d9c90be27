import type { DatabaseConnection } from '../domain/database/connection.ts'
import { type OnboardingStatus, readProgress } from '../domain/onboardings.ts'
import type { OnboardingFeed } from './onboarding-feed.ts'

interface Progress {
  status: OnboardingStatus
  lastEvent: number
}

/** Waits until the onboarding is as asked, the time is up, or the process is about to end. */
export async function waitForOnboarding(
  { db, feed }: { db: DatabaseConnection; feed: OnboardingFeed },
  onboardingId: string,
  options: { milliseconds: number; until(progress: Progress): boolean },
): Promise<void> {
  const deadline = Date.now() + options.milliseconds
  // Watching begins before the first look, so that no change falls in between.
  const watch = feed.watch(onboardingId)
  try {
    while (!feed.closing.aborted) {
      if (options.until(await readProgress(db, onboardingId))) return
      const left = deadline - Date.now()
      if (left <= 0) return
      await watch.next(left)
    }
  } finally {
    watch.stop()
  }
}

/** Nothing will happen by itself any more. */
export function isSettled({ status }: Progress): boolean {
  return status !== 'accepted' && status !== 'running' && status !== 'cancelling'
}
