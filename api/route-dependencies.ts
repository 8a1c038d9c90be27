import type { DatabaseConnection } from '../domain/database/connection.ts'
import type { Registry } from '../plugins/registry.ts'
import type { AccountDefaults } from './accounts/account-request.ts'
import type { Launcher } from '../temporal/launcher.ts'
import type { RunFeed } from './runs/run-feed.ts'
import type { Runs } from '../temporal/runs.ts'
import type { RunPresenters } from './runs/presenter.ts'

/** What routes are given. */
export interface RouteDependencies extends RunPresenters {
  db: DatabaseConnection
  registry: Registry
  accountDefaults: AccountDefaults
  runs: Runs
  launcher: Launcher
  feed: RunFeed
  /** The origin that people reach this API under. */
  publicUrl: string
}
