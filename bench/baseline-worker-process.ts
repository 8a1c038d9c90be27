import { fileURLToPath } from 'node:url'
import { NativeConnection, Runtime, Worker, DefaultLogger } from '@temporalio/worker'
import { compose, defaultConfigPath } from '../cli/deployment/compose.ts'
import { readEnvironment } from '../cli/deployment/environment.ts'
import { createBareActivities } from './bare-activities.ts'
import { baselineTaskQueue } from './contenders.ts'

// A process of its own, like our worker, so that CPU time can be told apart.
Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] })
const environment = readEnvironment()
const { db, registry } = await compose(environment, defaultConfigPath)
const connection = await NativeConnection.connect(environment.temporal.connectionOptions)
const worker = await Worker.create({
  connection,
  taskQueue: baselineTaskQueue,
  workflowsPath: fileURLToPath(new URL('./workflows.ts', import.meta.url)),
  activities: createBareActivities(db, registry),
})
for (const end of ['SIGTERM', 'disconnect'] as const) process.once(end, () => worker.shutdown())
process.send?.({ type: 'ready' })
await worker.run()
await db.destroy()
process.exit()
