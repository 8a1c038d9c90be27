import type { WorkerTuning } from './activities/worker.ts'
import type { DatabaseConnection } from './domain/database/connection.ts'
import type { Intervals } from './domain/runs/intervals.ts'
import type { Plugin } from './plugins/plugin-contract.ts'

/** The settings that `temporal.config.ts` receives from its environment. */
export interface DeploymentInputs {
  db: DatabaseConnection
  /** The origin of links in messages, such as `https://accounts.example.com`. */
  publicUrl: string
  /** The mail server, the sender's address, and the secret that signs delivery reports. */
  mail: { url: string; from: string; reportsSecret?: string }
  /** All environment variables, for plug-ins that read their own settings. */
  variables: Readonly<Record<string, string>>
}

/** The configuration of one deployment. */
export interface Configuration {
  /** The Temporal task queue that workers of the deployment poll. */
  taskQueue: string
  /**
   * Days that a stuck step of an onboarding waits for a decision. After that an optional step is skipped; for a required
   * step the run is cancelled.
   */
  attentionDays: number
  /** Length of a trial in days, when the request does not set `trialDays`. */
  trialDays: number
  /** Days before the end of a trial at which its reminder is sent. */
  trialReminderDays: number
  worker: WorkerTuning
  /** Intervals that differ from `defaultIntervals`. */
  intervals?: Partial<Intervals>
  plugins: Plugin[]
}

/** The default export of a `temporal.config.ts`. */
export type Configure = (inputs: DeploymentInputs) => Configuration
