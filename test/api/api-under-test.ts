import { afterAll } from 'vitest'
import { buildApp } from '../../api/app.ts'
import type { StartableRun } from '../../domain/runs/unstarted-runs.ts'
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
import { createRegistry } from '../../plugins/registry.ts'
import type { Runs } from '../../temporal/runs.ts'
import type { SendOutcome, WrittenDecision } from '../../temporal/send-decision.ts'
import { rowsOf } from '../builders/rows.ts'
import { anAccountBody } from '../builders/account-body.ts'
import { freshDatabase } from '../stack/database.ts'

const origin = 'http://localhost:3000'

/** An API with its own database, and with a fake of Temporal that records the calls. */
export type ApiUnderTest = Awaited<ReturnType<typeof startApi>>

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
interface SendOptions {
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

interface RecordedRuns extends Runs {
  started: StartableRun[]
  startedBulks: string[]
  decisions: (WrittenDecision & { runId: string })[]
  /** Whether Temporal is reachable. True by default. */
  up: boolean
  /** The answer of the run to a decision. */
  outcome: SendOutcome
}

/** Starts an API. @param plugins those beside the built-in ones. @returns the API. Close it after the test. */
export async function startApi({ plugins = [] }: { plugins?: Plugin[] } = {}) {
  const { db, url, drop } = await freshDatabase()
  const key = generateApiKey()
  await ensureBootstrapKey(db, key)
  const [platform] = await rowsOf(db, 'organizations', { type: 'platform' })
  if (platform === undefined) throw new Error('The database has no platform.')
  const secret = 'a secret of at least thirty-two characters'
  const identity = createIdentity({ db, publicUrl: origin, secret })
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
  const send = async (method: Method, path: string, options: SendOptions = {}): Promise<Answer> => {
    const authorization = `Bearer ${options.key ?? key}`
    const json = { 'content-type': 'application/json' }
    const response = await app.inject({
      method,
      url: path,
      headers: { authorization, ...(options.body === undefined ? {} : json), ...options.headers },
      ...(options.body === undefined ? {} : { payload: JSON.stringify(options.body) }),
    })
    const isJson = String(response.headers['content-type']).includes('json')
    return {
      status: response.statusCode,
      headers: response.headers,
      body: isJson ? response.json() : {},
      text: response.payload,
    }
  }
  /** Sends a request with a body. The default is `{}`. */
  const sendBody =
    (method: Method) =>
    (path: string, body: unknown = {}, options: SendOptions = {}) =>
      send(method, path, { body, ...options })
  const post = sendBody('POST')
  return {
    app,
    db,
    registry,
    databaseUrl: url,
    platformId: platform.id,
    /** A platform key. */
    key,
    temporal,
    /** The lines of the log. */
    log,
    send,
    get: (path: string, options?: SendOptions) => send('GET', path, options),
    post,
    put: sendBody('PUT'),
    patch: sendBody('PATCH'),
    /** Adds an account below this parent, by default the platform. @returns the id of the accepted run. */
    async addAccount({ parent = 'root', body = anAccountBody() }: { parent?: string; body?: unknown } = {}) {
      return String((await post(`/v1/organizations/${parent}/accounts`, body)).body.id)
    },
    /** Creates a partner key of this organization. */
    async keyFor(organizationId: string) {
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

/** Starts an API for all tests of a file, and closes it after the last test. Call it at the top of the file. */
export async function startApiForFile(options?: Parameters<typeof startApi>[0]): Promise<ApiUnderTest> {
  const api = await startApi(options)
  afterAll(() => api.close())
  return api
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
        // A run that takes a decision writes an event, for which the API waits.
        await appendEvents(transaction, runId, [{ type: 'onboarding', data: {} }])
      })
      return runs.outcome
    },
    isReachable: async () => runs.up,
  }
  return runs
}

/** Reads the pointers of the invalid fields from a refusal. */
export const pointersOf = ({ body }: Pick<Answer, 'body'>): string[] =>
  (body.errors as { pointer: string }[]).map(({ pointer }) => pointer)

/** The HTTP status of an answer, and the code of its problem document if it is one. */
export const statusAndCode = ({ status, body }: Pick<Answer, 'status' | 'body'>): unknown[] => [
  status,
  body.code,
]

/** Reads the first two pages of a list. @param url with the limit of a page. */
export async function firstTwoPages(api: ApiUnderTest, url: string): Promise<[Answer, Answer]> {
  const first = await api.get(url)
  return [first, await api.get(`${url}&cursor=${String(first.body.nextCursor)}`)]
}

export const itemsOf = ({ body }: Answer) => body.items as Record<string, unknown>[]

export const idsOf = (items: { id?: unknown }[]): unknown[] => items.map(({ id }) => id)
