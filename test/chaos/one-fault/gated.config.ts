import type { Configure } from '../../../configuration.ts'
import configure from '../../../temporal.config.ts'
import { shortWaits, withShortRetries } from '../system/short-waits.ts'
import { withGates } from './gates.ts'

/** The real configuration on a separate task queue, with gates around its steps if `TEST_GATE_URL` is set. */
const gated: Configure = (surroundings) => {
  const {
    TEST_TASK_QUEUE: taskQueue,
    TEST_GATE_URL: gateUrl,
    TEST_SHORT_RETRIES: shortRetries,
  } = surroundings.variables
  const configuration = configure(surroundings)
  const plugins = shortRetries === undefined ? configuration.plugins : withShortRetries(configuration.plugins)
  return {
    ...configuration,
    taskQueue: taskQueue ?? configuration.taskQueue,
    worker: { ...configuration.worker, ...shortWaits.worker },
    intervals: shortWaits.intervals,
    plugins: gateUrl === undefined ? plugins : withGates(plugins, gateUrl),
  }
}

export default gated
