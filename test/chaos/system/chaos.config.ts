import type { Configure } from '../../../configuration.ts'
import configure from '../../../temporal.config.ts'
import { asNextRelease } from './next-release.ts'
import { shortWaits, withShortRetries } from './short-waits.ts'
import { taskQueue } from './task-queue.ts'

/** The real configuration, or that of the next release, with shorter waits between attempts. */
const chaos: Configure = (surroundings) => {
  const configuration = configure(surroundings)
  const { CHAOS_RELEASE: release } = surroundings.variables
  // A frozen worker still receives a task for each of its open polls, which then waits for a timeout.
  const worker = {
    ...configuration.worker,
    maxConcurrentWorkflowTaskPolls: 2,
    maxConcurrentActivityTaskPolls: 2,
  }
  return {
    ...configuration,
    taskQueue,
    worker: { ...worker, ...shortWaits.worker },
    intervals: shortWaits.intervals,
    plugins: withShortRetries(
      release === 'next' ? asNextRelease(configuration.plugins) : configuration.plugins,
    ),
  }
}

export default chaos
