import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { DatabaseConnection } from '../domain/database/connection.ts'
import type { Registry } from '../plugins/registry.ts'
import type { AccountDefaults } from './accounts/account-request.ts'
import type { Launcher } from '../temporal/launcher.ts'
import type { RunFeed } from './runs/run-feed.ts'
import type { Runs } from '../temporal/runs.ts'
import type { RunPresenters, TemporalUi } from './runs/presenter.ts'

/** The app, with the types of a request inferred from the schemas of its route. */
export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>

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
