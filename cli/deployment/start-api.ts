import { Client, Connection } from '@temporalio/client'
import { buildApp } from '../../api/app.ts'
import { createTemporalRuns } from '../../temporal/temporal-runs.ts'
import { ensureBootstrapKey, revokedBootstrapKey } from '../../domain/access/api-keys.ts'
import type { Deployment } from './compose.ts'
import type { Environment } from './environment.ts'
import type { RunningWorker } from './running-worker.ts'

const defaultPort = 3000

/** @param worker the worker in this process, if there is one: its connection gives it the first task of each new workflow. */
export async function startApi(
  environment: Environment,
  deployment: Deployment,
  worker?: RunningWorker,
): Promise<{ close(): Promise<void> }> {
  const { db, identity, registry, configuration, intervals, publicUrl } = deployment
  const { temporal, databaseUrl = '' } = environment
  const connection = Connection.lazy(temporal.connectionOptions)
  const { namespace } = temporal
  const app = await buildApp({
    db,
    databaseUrl,
    registry,
    trialDays: configuration.trialDays,
    identity,
    temporal: createTemporalRuns({
      client: new Client({ connection, namespace }),
      workerClient: worker?.client,
      db,
      taskQueue: configuration.taskQueue,
      attentionDays: configuration.attentionDays,
      workflowTaskTimeout: intervals.workflowTaskTimeout,
    }),
    publicUrl,
    temporalUiUrl: environment.temporalUiUrl,
    namespace,
    log: { level: environment.logLevel },
  })
  if (environment.bootstrapApiKey !== undefined) {
    const bootstrap = await ensureBootstrapKey(db, environment.bootstrapApiKey)
    if (bootstrap === 'revoked')
      app.log.warn(`${revokedBootstrapKey} Another value of BOOTSTRAP_API_KEY is a new key.`)
  }
  await app.listen({ host: hostFor(publicUrl), port: environment.port ?? defaultPort })
  return {
    async close() {
      await app.close()
      await connection.close()
    },
  }
}

/** An API whose public name is `localhost` listens on this machine only. */
function hostFor(publicUrl: string): string {
  const { hostname } = new URL(publicUrl)
  return ['localhost', '127.0.0.1', '[::1]'].includes(hostname) ? 'localhost' : '0.0.0.0'
}
