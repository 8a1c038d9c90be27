import { randomUUID } from 'node:crypto'
import { Client, Connection } from '@temporalio/client'
import { NativeConnection } from '@temporalio/worker'
import { type Logger, pino } from 'pino'
import { inject } from 'vitest'
import { createWorker, type WorkerSettings, type WorkerTuning } from '../../activities/worker.ts'
import type { Configuration } from '../../configuration.ts'
import { ensureBootstrapKey, generateApiKey } from '../../domain/access/api-keys.ts'
import { createIdentity } from '../../domain/users/identity.ts'
import { defaultIntervals } from '../../domain/runs/intervals.ts'
import { accounts } from '../../plugins/accounts/plugin.ts'
import type { Plugin } from '../../plugins/plugin-contract.ts'
import { ledger } from '../../plugins/ledger/plugin.ts'
import { createRegistry } from '../../plugins/registry.ts'
import { smtp } from '../../plugins/smtp/plugin.ts'
import { subscriptions } from '../../plugins/subscriptions/plugin.ts'
import { freshDatabase } from './database.ts'
import { startTestMailbox } from './test-mailbox.ts'
import { guardProviders } from './transaction-guard.ts'

export const publicUrl = 'http://tenantry.example'
/** The secret of the endpoint for delivery reports of mail. */
export const reportsSecret = 'secret-of-the-mail-reports-of-this-run'

export interface EngineOptions {
  tuning?: WorkerTuning
  /** Additional plug-ins. */
  plugins?: Plugin[]
  /** The additional plug-ins of the worker, if they differ from those of the API. */
  workerPlugins?: Plugin[]
  /** Another mail server than the mailbox, with the timeout of a message in milliseconds. */
  mail?: { url: string; patience: number }
  /** The log of the worker. The default is no log. */
  logger?: Logger
  build?: Build
}

/** The first retry comes ten times sooner than in production. */
const intervals = { ...defaultIntervals, firstRetry: defaultIntervals.firstRetry / 10 }

/** The build of a worker. The default is an unversioned worker with the present workflow code. */
interface Build {
  version?: WorkerSettings['version']
  bundlePath?: string
}

/** Starts a worker with its own database, mailbox and task queue. */
export async function startEngine(options: EngineOptions = {}) {
  const database = await freshDatabase()
  const mailbox = await startTestMailbox()
  const taskQueue = randomUUID()
  const apiKey = generateApiKey()
  await ensureBootstrapKey(database.db, apiKey)
  const identity = createIdentity({ db: database.db, publicUrl, secret: generateApiKey() })
  const guards: ReturnType<typeof guardProviders>[] = []
  const registryOf = (plugins: Plugin[]) => {
    const guard = guardProviders([
      accounts({ db: database.db, publicUrl }),
      subscriptions({ db: database.db }),
      ledger({ db: database.db, prices: { currency: 'USD', purchased: 500, trial: 0 } }),
      smtp({
        url: mailbox.url,
        from: 'Tenantry <no-reply@tenantry.example>',
        reportsSecret,
        ...options.mail,
      }),
      ...plugins,
    ])
    guards.push(guard)
    return createRegistry(guard.plugins, intervals)
  }
  const registry = registryOf(options.plugins ?? [])
  const registries = [registry]
  const connection = await Connection.connect({ address: inject('temporalAddress') })
  const nativeConnection = await NativeConnection.connect({ address: inject('temporalAddress') })
  const startWorker = async (plugins: Plugin[] | undefined, build: Build = {}) => {
    const workerRegistry = plugins === undefined ? registry : registryOf(plugins)
    registries.push(workerRegistry)
    const worker = await createWorker(
      { db: database.db, registry: workerRegistry, logger: options.logger ?? pino({ level: 'silent' }) },
      {
        connection: nativeConnection,
        namespace: 'default',
        taskQueue,
        bundlePath: inject('bundlePath'),
        tuning: options.tuning ?? {},
        ...build,
      },
    )
    const running = worker.run()
    const stop = async () => {
      worker.shutdown()
      await running
    }
    return { worker, stop }
  }
  const configuration: Configuration = {
    taskQueue,
    attentionDays: 30,
    trialDays: 30,
    trialReminderDays: 7,
    worker: {},
    plugins: [],
  }
  const first = await startWorker(options.workerPlugins, options.build)
  const workers = [first]
  const replaceWorker = async (plugins: Plugin[] | undefined): Promise<void> => {
    for (const { stop } of workers.splice(0)) await stop()
    workers.push(await startWorker(plugins))
  }
  return {
    ...database,
    mailbox,
    taskQueue,
    apiKey,
    identity,
    registry,
    configuration,
    client: new Client({ connection }),
    /** @returns the number of workflows in the cache of the first worker. */
    cachedRuns: () => first.worker.getStatus().numCachedWorkflows,
    /** Starts a worker of another build in addition to the running ones. */
    alsoStartWorker: async (build: Build) =>
      void workers.push(await startWorker(options.workerPlugins, build)),
    /** Stops all workers and starts one with other plug-ins. */
    replaceWorker: (plugins: Plugin[]) => replaceWorker(plugins),
    /** Stops all workers, so that their caches are lost, and starts another one. */
    restartWorker: () => replaceWorker(undefined),
    async stop() {
      for (const { stop } of workers) await stop()
      await nativeConnection.close()
      await connection.close()
      for (const each of new Set(registries)) await each.close()
      await mailbox.goDown()
      await database.drop()
      for (const guard of guards) guard.check()
    },
  }
}

export type Engine = Awaited<ReturnType<typeof startEngine>>
