import { Client, Connection } from '@temporalio/client'
import closeWithGrace from 'close-with-grace'
import { buildApp } from '../api/app.ts'
import { createTemporalRuns } from '../api/temporal-runs.ts'
import { ensureBootstrapKey } from '../domain/api-keys.ts'
import { compose } from './compose.ts'
import type { Environment } from './environment.ts'

const defaultPort = 3000
const grace = 10_000

/**
 * Runs the API until SIGTERM, SIGINT, or the end of the process that started it. It needs the database; Temporal may
 * come later.
 */
export async function runApiProcess(environment: Environment, configPath: string): Promise<void> {
  const { db, identity, registry, configuration, publicUrl } = await compose(environment, configPath)
  const { temporal, databaseUrl = '' } = environment
  if (environment.bootstrapApiKey !== undefined) await ensureBootstrapKey(db, environment.bootstrapApiKey)
  const connection = Connection.lazy(temporal.connectionOptions)
  const client = new Client({ connection, namespace: temporal.namespace })
  const app = await buildApp({
    db,
    databaseUrl,
    registry,
    identity,
    temporal: createTemporalRuns({
      client,
      db,
      taskQueue: configuration.taskQueue,
      attentionDays: configuration.attentionDays,
    }),
    publicUrl,
    temporalUiUrl: environment.temporalUiUrl,
    namespace: temporal.namespace,
    log: { level: environment.logLevel },
  })
  await app.listen({ host: hostFor(publicUrl), port: environment.port ?? defaultPort })
  process.send?.({ type: 'ready' })

  await new Promise<void>((resolve) => {
    const closer = closeWithGrace({ delay: grace }, async ({ err }) => {
      if (err !== undefined) app.log.fatal({ err }, 'stopping after an error nobody caught')
      await app.close()
      await db.destroy()
      await connection.close()
      resolve()
    })
    // The process that started this one is gone, or wants it to be.
    process.once('disconnect', () => closer.close())
  })
}

/** An API that is only named `localhost` is only reachable from this machine. */
function hostFor(publicUrl: string): string {
  const { hostname } = new URL(publicUrl)
  return ['localhost', '127.0.0.1', '[::1]'].includes(hostname) ? 'localhost' : '0.0.0.0'
}
