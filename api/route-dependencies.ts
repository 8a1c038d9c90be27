import type { DatabaseConnection } from '../domain/database/connection.ts'
import type { Registry } from '../plugins/registry.ts'
import type { AccountDefaults } from './accounts/account-request.ts'
import type { Launcher } from '../temporal/launcher.ts'
import type { RunFeed } from './runs/run-feed.ts'
import type { Runs } from '../temporal/runs.ts'
import type { RunPresenters, TemporalUi } from './runs/presenter.ts'

/** The dependencies of every route of version 1. */
export interface RouteDependencies extends RunPresenters {
  db: DatabaseConnection
  registry: Registry
  accountDefaults: AccountDefaults
  runs: Runs
  launcher: Launcher
  feed: RunFeed
  temporalUi: TemporalUi
  /** The origin of this API as callers reach it, such as `https://api.example.com`. */
  publicUrl: string
}
