import { randomUUID } from 'node:crypto'
import { Client, Connection } from '@temporalio/client'
import { NativeConnection, type Worker } from '@temporalio/worker'
import { pino } from 'pino'
import { inject } from 'vitest'
import { createWorker, type WorkerTuning } from '../../activities/worker.ts'
import { ensureBootstrapKey, generateApiKey } from '../../domain/api-keys.ts'
import { createIdentity } from '../../domain/identity.ts'
import { accounts } from '../../plugins/accounts/plugin.ts'
import type { Plugin } from '../../plugins/contract.ts'
import { ledger } from '../../plugins/ledger/plugin.ts'
import { createRegistry } from '../../plugins/registry.ts'
import { smtp } from '../../plugins/smtp/plugin.ts'
import { subscriptions } from '../../plugins/subscriptions/plugin.ts'
import { freshDatabase } from './database.ts'
import { startTestMailbox } from './mailbox.ts'

export const publicUrl = 'http://tenantry.example'

export interface EngineOptions {
  tuning?: WorkerTuning
  /** More plug-ins than the built-in ones. */
  plugins?: Plugin[]
}

/** A worker on a database, a mailbox and a task queue of its own. */
export async function startEngine(options: EngineOptions = {}) {
  const database = await freshDatabase()
  const mailbox = await startTestMailbox()
  const taskQueue = randomUUID()
  const apiKey = generateApiKey()
  await ensureBootstrapKey(database.db, apiKey)
  const identity = createIdentity({ db: database.db, publicUrl, secret: generateApiKey() })
  const registry = createRegistry([
    accounts({ db: database.db, publicUrl }),
    subscriptions({ db: database.db }),
    ledger({ db: database.db, prices: { currency: 'USD', purchased: 500, trial: 0 } }),
    smtp({ url: mailbox.url, from: 'Tenantry <no-reply@tenantry.example>' }),
    ...(options.plugins ?? []),
  ])
  const connection = await Connection.connect({ address: inject('temporalAddress') })
  const nativeConnection = await NativeConnection.connect({ address: inject('temporalAddress') })
  const startWorker = () =>
    createWorker(
      { db: database.db, registry, logger: pino({ level: 'silent' }) },
      {
        connection: nativeConnection,
        namespace: 'default',
        taskQueue,
        bundlePath: inject('bundlePath'),
        tuning: options.tuning ?? {},
      },
    )
  let worker = await startWorker()
  let running = worker.run()
  return {
    ...database,
    mailbox,
    taskQueue,
    apiKey,
    identity,
    registry,
    client: new Client({ connection }),
    /** How many runs the worker keeps in memory now. */
    cachedRuns: () => worker.getStatus().numCachedWorkflows,
    /** Stops the worker, which forgets all it had in memory, and starts another. */
    async restartWorker() {
      await stopWorker(worker, running)
      worker = await startWorker()
      running = worker.run()
    },
    async stop() {
      await stopWorker(worker, running)
      await nativeConnection.close()
      await connection.close()
      await registry.close()
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
