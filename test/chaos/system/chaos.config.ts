import type { Configure } from '../../../configuration.ts'
import type { Plugin } from '../../../plugins/plugin-contract.ts'
import configure from '../../../temporal.config.ts'
import { impatient } from './impatient.ts'
import { asNextRelease } from './next-release.ts'
import { taskQueue } from './task-queue.ts'

/** The real deployment, or its next release, with steps that wait less long between their attempts. */
const chaos: Configure = (surroundings) => {
  const configuration = configure(surroundings)
  const { CHAOS_RELEASE: release } = surroundings.variables
  // A worker that is frozen goes on being given tasks, one for each of its polls.
  const worker = {
    ...configuration.worker,
    maxConcurrentWorkflowTaskPolls: 2,
    maxConcurrentActivityTaskPolls: 2,
  }
  return {
    ...configuration,
    taskQueue,
    worker: { ...worker, ...impatient.worker },
    intervals: impatient.intervals,
    plugins: retriedQuickly(
      release === 'next' ? asNextRelease(configuration.plugins) : configuration.plugins,
    ),
  }
}

function retriedQuickly(plugins: readonly Plugin[]): Plugin[] {
  const retry = { maximumAttempts: 8, initialInterval: 500, maximumInterval: 1_000 }
  return plugins.map((plugin) => ({
    ...plugin,
    steps: (plugin.steps ?? []).map((step) => ({ ...step, retry })),
  }))
}

export default chaos
