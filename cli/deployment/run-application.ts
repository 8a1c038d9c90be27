import closeWithGrace from 'close-with-grace'
import { pino } from 'pino'
import { startRelay } from '../../webhooks/relay.ts'
import { startApi } from './start-api.ts'
import { compose } from './compose.ts'
import type { Environment } from './environment.ts'
import { warnAboutProviders } from './provider-warnings.ts'
import { runWorker } from './running-worker.ts'
import { tellParent } from '../stack/processes/process-message.ts'

/** Milliseconds. Longer than a worker gives its running work, and shorter than the parent process waits. */
const grace = 13_000

/**
 * Runs a worker, the API, or both in one process until SIGTERM, SIGINT, or the end of the parent process. It needs the
 * database; Temporal may start later.
 * @throws StartFailure, or StartFailures, when a setting is missing or the plug-ins do not fit together.
 */
export async function runApplication(
  environment: Environment,
  configPath: string,
  parts: { worker: boolean; api: boolean },
): Promise<void> {
  const logger = pino({ name: 'worker', level: environment.logLevel })
  const deployment = await compose(environment, configPath)
  const warned = warnAboutProviders({ db: deployment.db, plugins: deployment.configuration.plugins }, logger)
  const stopping = new AbortController()
  const worker = parts.worker
    ? runWorker({ environment, deployment, logger, signal: stopping.signal })
    : undefined
  const { db, publicUrl } = deployment
  const relay = parts.worker
    ? startRelay({ db, databaseUrl: environment.databaseUrl ?? '', publicUrl, logger })
    : undefined
  const api = parts.api ? await startApi(environment, deployment, worker) : undefined

  const closed = new Promise<void>((resolve) => {
    const closer = closeWithGrace({ delay: grace }, async ({ err }) => {
      if (err !== undefined) logger.fatal({ err }, 'stopping after an uncaught error')
      // The API first: it may still start accepted runs on the worker's connection.
      await api?.close()
      stopping.abort()
      await Promise.all([worker?.ended, relay?.stop()])
      await deployment.registry.close()
      await deployment.db.destroy()
      resolve()
    })
    // The parent process has ended or asks this process to stop.
    process.once('disconnect', () => closer.close())
  })
  await Promise.race([worker?.ready, closed])
  await tellParent({ type: 'ready' })
  await Promise.all([closed, warned])
}
