import { fileURLToPath } from 'node:url'
import { NativeConnection, Runtime, Worker, DefaultLogger } from '@temporalio/worker'
import { compose, defaultConfigPath } from '../cli/deployment/compose.ts'
import { readEnvironment } from '../cli/deployment/environment.ts'
import { createBareActivities } from './bare-activities.ts'
import { baselineTaskQueue } from './contenders.ts'

// A separate process, like our worker, so that its CPU time can be measured.
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
for (const event of ['SIGTERM', 'disconnect'] as const) process.once(event, () => worker.shutdown())
process.send?.({ type: 'ready' })
await worker.run()
await db.destroy()
process.exit()
