import type { Configuration } from '../../../configuration.ts'
import type { Plugin } from '../../../plugins/plugin-contract.ts'

/** Intervals after which a worker counts as dead, in milliseconds. They are shorter than in production, to save test time. */
export const shortWaits = {
  worker: { stickyQueueScheduleToStartTimeout: 500 },
  intervals: { heartbeatTimeout: 2_000, workflowTaskTimeout: 2_000, firstRetry: 200 },
} satisfies Pick<Configuration, 'worker' | 'intervals'>

/** @returns the plug-ins, with steps that are stuck after 8 attempts within a few seconds. */
export function withShortRetries(plugins: readonly Plugin[]): Plugin[] {
  const retry = { maximumAttempts: 8, maximumInterval: 1_000 }
  return plugins.map((plugin) => ({
    ...plugin,
    steps: (plugin.steps ?? []).map((step) => ({ ...step, retry })),
  }))
}
