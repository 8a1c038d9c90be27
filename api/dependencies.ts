import type { DatabaseConnection } from '../domain/database/connection.ts'
import type { Registry } from '../plugins/registry.ts'
import type { AccountDefaults } from './account-request.ts'
import type { Launcher } from './launcher.ts'
import type { OnboardingFeed } from './onboarding-feed.ts'
import type { OnboardingRuns } from './onboarding-runs.ts'
import type { PresentOnboarding } from './present-onboarding.ts'

/** What routes are given. */
export interface RouteDependencies {
  db: DatabaseConnection
  registry: Registry
  accountDefaults: AccountDefaults
  runs: OnboardingRuns
  launcher: Launcher
  feed: OnboardingFeed
  presentOnboarding: PresentOnboarding
  /** The origin that people reach this API under. */
  publicUrl: string
}
