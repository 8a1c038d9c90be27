import { setTimeout as delay } from 'node:timers/promises'
import { join } from 'node:path'
import { Client } from '@temporalio/client'
import { DefaultLogger, NativeConnection, Runtime, type Worker } from '@temporalio/worker'
import type { Logger } from 'pino'
import { createWorker } from '../../activities/worker.ts'
import { workflowBundle } from '../../activities/workflow-bundle.ts'
import type { Deployment } from './compose.ts'
import { type Environment, projectRoot } from './environment.ts'
import { ensureSchedules } from '../../temporal/schedules.ts'

const longestPause = 10_000

/** A worker that starts again on a new connection when it loses Temporal. */
export interface RunningWorker {
  /** A client on the worker's connection; undefined while Temporal can't be reached. */
  client(): Client | undefined
  ready: Promise<void>
  /** Resolves when the worker was told to stop and has ended. Rejects when the workflows can't be bundled. */
  ended: Promise<void>
}

/**
 * Runs a worker until the signal aborts. While Temporal can't be reached, it keeps trying. When told to stop, it gives its
 * running work ten seconds.
 */
export function runWorker(parts: {
  environment: Environment
  deployment: Deployment
  logger: Logger
  signal: AbortSignal
}): RunningWorker {
  const { environment, deployment, logger, signal } = parts
  const { db, registry, configuration } = deployment
  installRuntime(logger)
  let client: Client | undefined
  const ready = Promise.withResolvers<void>()

  const runOnce = async (bundlePath: string): Promise<void> => {
    const { connectionOptions, namespace, workerVersion: version } = environment.temporal
    const connection = await NativeConnection.connect(connectionOptions)
    try {
      const worker = await createWorker(
        { db, registry, logger },
        {
          connection,
          namespace,
          taskQueue: configuration.taskQueue,
          bundlePath,
          tuning: configuration.worker,
          version,
        },
      )
      logger.info(
        { taskQueue: configuration.taskQueue, version, steps: [...registry.steps.keys()] },
        'worker ready',
      )
      client = new Client({ connection, namespace })
      ready.resolve()
      ensureSchedules(client, configuration).catch((error: unknown) => {
        // The schedules stay unchanged; the next connection tries again.
        const reason = error instanceof Error ? error.message : 'unknown'
        logger.warn({ reason }, 'the schedules could not be updated')
      })
      await runUntil(worker, signal)
    } finally {
      client = undefined
      await connection.close()
    }
  }
  const runAlways = async (): Promise<void> => {
    const bundlePath = await workflowBundle(join(projectRoot, '.cache'))
    let pause = 500
    while (!signal.aborted) {
      try {
        await runOnce(bundlePath)
      } catch (error) {
        if (signal.aborted) return
        const reason = error instanceof Error ? error.message : 'unknown'
        logger.warn({ reason }, 'the worker lost its connection to Temporal and connects again')
        await delay(pause, undefined, { signal }).catch(() => undefined)
        pause = Math.min(pause * 2, longestPause)
      }
    }
  }
  return { client: () => client, ready: ready.promise, ended: runAlways() }
}

function installRuntime(logger: Logger): void {
  Runtime.install({
    logger: new DefaultLogger('WARN', ({ level, message, meta }) => {
      logger[level === 'ERROR' ? 'error' : 'warn']({ ...meta }, message)
    }),
    // Our own shutdown stops the worker, in order.
    shutdownSignals: [],
  })
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
