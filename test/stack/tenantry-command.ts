import { randomUUID } from 'node:crypto'
import { Client, Connection } from '@temporalio/client'
import { NativeConnection, type Worker } from '@temporalio/worker'
import { type Logger, pino } from 'pino'
import { inject } from 'vitest'
import { createWorker, type WorkerSettings, type WorkerTuning } from '../../activities/worker.ts'
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
import { startTestMailbox } from './shared-mailbox.ts'

export const publicUrl = 'http://tenantry.example'
/** With which reports of what became of mails are posted. */
export const reportsSecret = 'secret-of-the-mail-reports-of-this-run'

export interface EngineOptions {
  tuning?: WorkerTuning
  /** More plug-ins than the built-in ones. */
  plugins?: Plugin[]
  /** Those of the worker, when they are not those of the API. */
  workerPlugins?: Plugin[]
  /** Another mail server than the mailbox, or another patience with it. */
  mail?: { url: string; patience: number }
  /** Where the worker writes its log. */
  logger?: Logger
  build?: Build
}

/** What fails in a test is tried again ten times sooner than in earnest. */
const intervals = { ...defaultIntervals, firstRetry: defaultIntervals.firstRetry / 10 }

/** The build of a worker: the unversioned one of today's workflow code unless it says otherwise. */
interface Build {
  version?: WorkerSettings['version']
  bundlePath?: string
}

/** A worker on a database, a mailbox and a task queue of its own. */
export async function startEngine(options: EngineOptions = {}) {
  const database = await freshDatabase()
  const mailbox = await startTestMailbox()
  const taskQueue = randomUUID()
  const apiKey = generateApiKey()
  await ensureBootstrapKey(database.db, apiKey)
  const identity = createIdentity({ db: database.db, publicUrl, secret: generateApiKey() })
  const registryOf = (plugins: Plugin[]) =>
    createRegistry(
      [
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
      ],
      intervals,
    )
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
    return { worker, stop: () => stopWorker(worker, running) }
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
    client: new Client({ connection }),
    /** How many runs the worker keeps in memory now. */
    cachedRuns: () => first.worker.getStatus().numCachedWorkflows,
    /** Puts a worker of another build beside those that are there. */
    alsoStartWorker: async (build: Build) =>
      void workers.push(await startWorker(options.workerPlugins, build)),
    /** Puts another worker on the queue in place of those that are there. */
    replaceWorker: (plugins: Plugin[]) => replaceWorker(plugins),
    /** Stops the worker, which forgets all it had in memory, and starts another. */
    restartWorker: () => replaceWorker(undefined),
    async stop() {
      for (const { stop } of workers) await stop()
      await nativeConnection.close()
      await connection.close()
      for (const each of new Set(registries)) await each.close()
      await mailbox.goDown()
      await database.drop()
    },
  }
}

export type Engine = Awaited<ReturnType<typeof startEngine>>

async function stopWorker(worker: Worker, running: Promise<void>): Promise<void> {
  worker.shutdown()
  await running
}
