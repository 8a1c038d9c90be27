import { decideOnboarding } from './onboarding-decisions.ts'
import type { OnboardingRuns } from './onboarding-runs.ts'
import { startOnboarding, type StarterSettings } from './onboarding-starter.ts'

const checkDeadline = 1_000

/** Onboardings run by a Temporal server. Its client may connect lazily: nothing is called before it is needed. */
export function createTemporalRuns(settings: StarterSettings): OnboardingRuns {
  const { client } = settings
  return {
    start: (onboarding) => startOnboarding(settings, onboarding),
    decide: (onboardingId, decision) => decideOnboarding(client, onboardingId, decision),
    isReachable: () =>
      client
        .withDeadline(Date.now() + checkDeadline, () => client.workflowService.getSystemInfo({}))
        .then(
          () => true,
          () => false,
        ),
  }
}
