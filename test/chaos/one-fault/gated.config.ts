import type { Configure } from '../../../configuration.ts'
import { impatient } from '../system/impatient.ts'
import type { Plugin } from '../../../plugins/plugin-contract.ts'
import configure from '../../../temporal.config.ts'
import { withGates } from './gates.ts'

/** The real deployment on a task queue of its own, with gates around its steps when there is a gate keeper. */
const gated: Configure = (surroundings) => {
  const {
    TEST_TASK_QUEUE: taskQueue,
    TEST_GATE_URL: gateUrl,
    TEST_QUICK_RETRIES: quickRetries,
  } = surroundings.variables
  const configuration = configure(surroundings)
  return {
    ...configuration,
    taskQueue: taskQueue ?? configuration.taskQueue,
    worker: { ...configuration.worker, ...impatient.worker },
    intervals: impatient.intervals,
    plugins:
      gateUrl === undefined
        ? configuration.plugins
        : withGates(
            quickRetries === undefined ? configuration.plugins : retriedQuickly(configuration.plugins),
            gateUrl,
          ),
  }
}

/** A test does not wait as long as a provider is given in earnest. */
function retriedQuickly(plugins: Plugin[]): Plugin[] {
  const retry = { maximumAttempts: 8, initialInterval: 500, maximumInterval: 500 }
  return plugins.map((plugin) => ({
    ...plugin,
    steps: (plugin.steps ?? []).map((step) => ({ ...step, retry })),
  }))
}

export default gated
