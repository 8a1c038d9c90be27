import type { WorkerTuning } from './activities/worker.ts'
import type { DatabaseConnection } from './domain/database/connection.ts'
import type { Intervals } from './domain/runs/intervals.ts'
import type { Plugin } from './plugins/plugin-contract.ts'

/** What `temporal.config.ts` is given to make a deployment of. */
export interface Surroundings {
  db: DatabaseConnection
  /** The origin that links in messages start with. */
  publicUrl: string
  mail: { url: string; from: string; reportsSecret?: string }
  /** All environment variables, for plug-ins with settings of their own. */
  variables: Readonly<Record<string, string>>
}

/** What a deployment is made of. */
export interface Configuration {
  taskQueue: string
  /** Days that a stuck step of an onboarding waits for a person; then it is skipped if it is optional, else all is cancelled. */
  attentionDays: number
  /** Days that a trial lasts where a request does not say. */
  trialDays: number
  /** Days before its end that a trial is reminded of it. */
  trialReminderDays: number
  worker: WorkerTuning
  /** Where it is more or less patient than `defaultIntervals`. */
  intervals?: Partial<Intervals>
  plugins: Plugin[]
}

export type Configure = (surroundings: Surroundings) => Configuration
