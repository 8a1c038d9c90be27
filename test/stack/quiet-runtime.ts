import { IllegalStateError } from '@temporalio/common'
import { DefaultLogger, Runtime } from '@temporalio/worker'

// Many tests let steps fail, which the worker logs as warnings. Only errors of the worker itself are of interest.
try {
  Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { filter: 'ERROR' } } })
} catch (error) {
  // All test files of a process share one runtime, and each file runs this setup.
  if (!(error instanceof IllegalStateError)) throw error
}
