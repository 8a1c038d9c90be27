import type { FastifyInstance } from 'fastify'
import { buildApp } from '../../api/app.ts'
import type { Runs } from '../../temporal/runs.ts'
import type { StartableRun } from '../../domain/runs/unstarted-runs.ts'
import type { SendOutcome, WrittenDecision } from '../../temporal/send-decision.ts'
import { createApiKey, ensureBootstrapKey, generateApiKey } from '../../domain/access/api-keys.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { takeDecision } from '../../domain/decisions/take-decision.ts'
import { createIdentity } from '../../domain/users/identity.ts'
import { appendEvents } from '../../domain/runs/run-events.ts'
import { findOrganization } from '../../domain/organizations/read-organizations.ts'
import { accounts } from '../../plugins/accounts/plugin.ts'
import type { Plugin } from '../../plugins/plugin-contract.ts'
import { ledger } from '../../plugins/ledger/plugin.ts'
import { subscriptions } from '../../plugins/subscriptions/plugin.ts'
import { createRegistry, type Registry } from '../../plugins/registry.ts'
import { freshDatabase } from '../stack/database.ts'

const origin = 'http://localhost:3000'

/** An API on a database of its own. Its Temporal only remembers what it was asked. */
export interface ApiUnderTest {
  app: FastifyInstance
  db: DatabaseConnection
  registry: Registry
  databaseUrl: string
  platformId: string
  /** The key that sees everything. */
  key: string
  temporal: RecordedRuns
  /** What was logged, a line each. */
  log: string[]
  send(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    url: string,
    options?: SendOptions,
  ): Promise<Answer>
  /** A key of a partner. */
  keyFor(organizationId: string): Promise<string>
  close(): Promise<void>
}

export interface SendOptions {
  body?: unknown
  key?: string
  headers?: Record<string, string>
}

export interface Answer {
  status: number
  headers: Record<string, unknown>
  body: Record<string, unknown>
  text: string
}

export interface RecordedRuns extends Runs {
  started: StartableRun[]
  startedBulks: string[]
  decisions: (WrittenDecision & { runId: string })[]
  /** Whether Temporal answers. */
  up: boolean
  outcome: SendOutcome
}

/** @param plugins more than the built-in ones. */
export async function startApi({ plugins = [] }: { plugins?: Plugin[] } = {}): Promise<ApiUnderTest> {
  const { db, url, drop } = await freshDatabase()
  const key = generateApiKey()
  await ensureBootstrapKey(db, key)
  const platform = await db
    .selectFrom('organizations')
    .select(['id', 'path'])
    .where('type', '=', 'platform')
    .executeTakeFirstOrThrow()
  const identity = createIdentity({
    db,
    publicUrl: origin,
    secret: 'a secret of at least thirty-two characters',
  })
  const temporal = recordedRuns(db)
  const log: string[] = []
  const registry = createRegistry([
    accounts({ db, publicUrl: origin }),
    subscriptions({ db }),
    ledger({ db, prices: { currency: 'USD', purchased: 500, trial: 0 } }),
    ...plugins,
  ])
  const app = await buildApp({
    db,
    databaseUrl: url,
    registry,
    trialDays: 14,
    identity,
    temporal,
    publicUrl: origin,
    temporalUiUrl: 'http://localhost:8233',
    namespace: 'default',
    log: { level: 'info', stream: { write: (line) => void log.push(line) } },
  })
  return {
    app,
    db,
    registry,
    databaseUrl: url,
    platformId: platform.id,
    key,
    temporal,
    log,
    async send(method, path, options = {}) {
      const response = await app.inject({
        method,
        url: path,
        headers: {
          authorization: `Bearer ${options.key ?? key}`,
          ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...options.headers,
        },
        ...(options.body === undefined ? {} : { payload: JSON.stringify(options.body) }),
      })
      const isJson = String(response.headers['content-type']).includes('json')
      return {
        status: response.statusCode,
        headers: response.headers,
        body: isJson ? response.json() : {},
        text: response.payload,
      }
    },
    async keyFor(organizationId) {
      const organization = await findOrganization(db, platform.path, organizationId)
      const made = await createApiKey(db, { name: organization?.name ?? '', role: 'partner', organizationId })
      return made.key
    },
    async close() {
      await app.close()
      await drop()
    },
  }
}

function recordedRuns(db: DatabaseConnection): RecordedRuns {
  const runs: RecordedRuns = {
    started: [],
    startedBulks: [],
    decisions: [],
    up: true,
    outcome: { outcome: 'taken' },
    async start(run) {
      if (!runs.up) throw new Error('Temporal is down')
      runs.started.push(run)
    },
    async startBulk({ id }) {
      if (!runs.up) throw new Error('Temporal is down')
      runs.startedBulks.push(id)
    },
    async sendDecision({ id: runId }, decision) {
      if (!runs.up) return { outcome: 'unreachable' }
      runs.decisions.push({ runId, ...decision })
      if (runs.outcome.outcome !== 'taken') return runs.outcome
      await db.transaction().execute(async (transaction) => {
        const { id, action } = decision
        const taken = { id, action, source: 'api', number: 1 } as const
        await takeDecision(transaction, taken, { runId, workflowRunId: 'run', revision: null })
        // A run shows what it takes.
        await appendEvents(transaction, runId, [{ type: 'onboarding', data: {} }])
      })
      return runs.outcome
    },
    isReachable: async () => runs.up,
  }
  return runs
}

/** The pointers of the fields that an answer says are wrong. */
export function pointersOf({ body }: Answer): string[] {
  return (body.errors as { pointer: string }[]).map(({ pointer }) => pointer)
}

export function itemsOf({ body }: Answer): Record<string, unknown>[] {
  return body.items as Record<string, unknown>[]
}
