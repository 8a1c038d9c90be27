import type { Configure } from '../../configuration.ts'
import type { Plugin } from '../../plugins/contract.ts'
import configure from '../../temporal.config.ts'
import { withGates } from './gates.ts'

/** The real deployment on a task queue of its own, with gates around its steps when there is a gate keeper. */
const gated: Configure = (surroundings) => {
  const {
    TEST_TASK_QUEUE: taskQueue,
    TEST_GATE_URL: gateUrl,
    TEST_ATTEMPTS: attempts,
  } = surroundings.variables
  const configuration = configure(surroundings)
  return {
    ...configuration,
    taskQueue: taskQueue ?? configuration.taskQueue,
    plugins:
      gateUrl === undefined
        ? configuration.plugins
        : withGates(withAttempts(configuration.plugins, attempts), gateUrl),
  }
}

/** A test does not wait for as many attempts as a provider is given in earnest. */
function withAttempts(plugins: Plugin[], attempts: string | undefined): Plugin[] {
  if (attempts === undefined) return plugins
  return plugins.map((plugin) => ({
    ...plugin,
    steps: (plugin.steps ?? []).map((step) => ({ ...step, retry: { maximumAttempts: Number(attempts) } })),
  }))
}

export default gated
