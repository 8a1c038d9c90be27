import { DefaultLogger, Runtime } from '@temporalio/worker'

// Steps that fail on purpose are most of what is tested here: only what the worker itself gets wrong is worth reading.
Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { filter: 'ERROR' } } })
