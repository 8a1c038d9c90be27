import { IllegalStateError } from '@temporalio/common'
import { DefaultLogger, Runtime } from '@temporalio/worker'

// Steps that fail on purpose are most of what is tested here: only what the worker itself gets wrong is worth reading.
try {
  Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { filter: 'ERROR' } } })
} catch (error) {
  // The runtime is one for all test files of a process, and each of them comes by here.
  if (!(error instanceof IllegalStateError)) throw error
}
