import type { Configure } from '../../configuration.ts'
import configure from '../../temporal.config.ts'
import { withGates } from './gates.ts'

/** The real deployment on a task queue of its own, with gates around its steps when there is a gate keeper. */
const gated: Configure = (surroundings) => {
  const { TEST_TASK_QUEUE: taskQueue, TEST_GATE_URL: gateUrl } = surroundings.variables
  const configuration = configure(surroundings)
  return {
    ...configuration,
    taskQueue: taskQueue ?? configuration.taskQueue,
    plugins: gateUrl === undefined ? configuration.plugins : withGates(configuration.plugins, gateUrl),
  }
}

export default gated
