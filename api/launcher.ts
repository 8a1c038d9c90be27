import type { FastifyBaseLogger } from 'fastify'
import type { OnboardingRuns, StartableOnboarding } from './onboarding-runs.ts'

/** Starts workflows beside the request that accepted them. */
export interface Launcher {
  /** Returns at once. What does not start now is started by the sweeper. */
  launch(onboarding: StartableOnboarding): void
  /** Waits for the starts under way. */
  settle(): Promise<void>
}

export function createLauncher(runs: OnboardingRuns, logger: FastifyBaseLogger): Launcher {
  const underWay = new Set<Promise<void>>()
  return {
    launch(onboarding) {
      const start = runs
        .start(onboarding)
        .catch((error: unknown) => {
          const reason = error instanceof Error ? error.name : 'unknown'
          logger.warn({ onboardingId: onboarding.id, reason }, 'workflow not started; the sweeper will')
        })
        .finally(() => underWay.delete(start))
      underWay.add(start)
    },
    async settle() {
      await Promise.all(underWay)
    },
  }
}
