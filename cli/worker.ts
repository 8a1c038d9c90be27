import { setTimeout as delay } from 'node:timers/promises'
import { DefaultLogger, NativeConnection, Runtime, type Worker } from '@temporalio/worker'
import { join } from 'node:path'
import { pino } from 'pino'
import { workflowBundle } from '../activities/workflow-bundle.ts'
import { createWorker } from '../activities/worker.ts'
import { compose } from './compose.ts'
import { type Environment, projectRoot } from './environment.ts'

const longestPause = 10_000

/**
 * Runs a worker until SIGTERM, SIGINT, or the end of the process that started it. While Temporal can't be reached it
 * keeps trying; work under way when it is told to stop is given ten seconds.
 */
export async function runWorkerProcess(environment: Environment, configPath: string): Promise<void> {
  const logger = pino({ name: 'worker', level: environment.logLevel })
  Runtime.install({
    logger: new DefaultLogger('WARN', ({ level, message, meta }) => {
      logger[level === 'ERROR' ? 'error' : 'warn']({ ...meta }, message)
    }),
    // We stop the worker ourselves, in order.
    shutdownSignals: [],
  })
  const stop = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.once(signal, () => stop.abort())

  const bundlePath = await workflowBundle(join(projectRoot, '.cache'))
  const { db, registry, configuration } = await compose(environment, configPath)
  const dependencies = { db, registry, logger }
  for (let pause = 500; !stop.signal.aborted; pause = Math.min(pause * 2, longestPause)) {
    try {
      const connection = await NativeConnection.connect(environment.temporal.connectionOptions)
      try {
        const worker = await createWorker(dependencies, {
          connection,
          namespace: environment.temporal.namespace,
          taskQueue: configuration.taskQueue,
          bundlePath,
          tuning: configuration.worker,
        })
        process.send?.({ type: 'ready' })
        logger.info({ taskQueue: configuration.taskQueue, steps: [...registry.steps.keys()] }, 'worker ready')
        pause = 500
        await runUntil(worker, stop.signal)
      } finally {
        await connection.close()
      }
    } catch (error) {
      if (stop.signal.aborted) break
      logger.warn(
        { reason: error instanceof Error ? error.message : 'unknown' },
        'worker lost Temporal; trying again',
      )
      await delay(pause, undefined, { signal: stop.signal }).catch(() => undefined)
    }
  }
  await registry.close()
  await db.destroy()
}

async function runUntil(worker: Worker, signal: AbortSignal): Promise<void> {
  const shutdown = () => worker.shutdown()
  if (signal.aborted) shutdown()
  else signal.addEventListener('abort', shutdown, { once: true })
  try {
    await worker.run()
  } finally {
    signal.removeEventListener('abort', shutdown)
  }
}
