import type { DatabaseConnection } from '../domain/database/connection.ts'
import type { Registry } from '../plugins/registry.ts'
import type { AccountDefaults } from './account-request.ts'
import type { Launcher } from './launcher.ts'
import type { OnboardingFeed } from './onboarding-feed.ts'
import type { Runs } from './runs.ts'
import type { RunPresenters } from './present-run.ts'

/** What routes are given. */
export interface RouteDependencies extends RunPresenters {
  db: DatabaseConnection
  registry: Registry
  accountDefaults: AccountDefaults
  runs: Runs
  launcher: Launcher
  feed: OnboardingFeed
  /** The origin that people reach this API under. */
  publicUrl: string
}
