import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, inject } from 'vitest'
import { projectRoot } from '../../../cli/deployment/environment.ts'
import { type ApplicationCommand, startApplication } from '../../../cli/stack/application-process.ts'
import type { ServerProcess } from '../../../cli/stack/processes/server-process.ts'
import { freePort } from '../../../cli/stack/ports.ts'
import type { OnboardingView } from '../../../api/runs/onboarding-schemas.ts'
import { generateApiKey } from '../../../domain/access/api-keys.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { freshDatabase, type TestDatabase } from '../../stack/database.ts'
import { startTestMailbox } from '../../stack/test-mailbox.ts'
import type { OwnTemporal } from '../system/own-servers.ts'
import { addedOnce, countEffects } from './effects.ts'
import { type Boundary, startGateKeeper } from './gates.ts'

const gatedConfig = join(projectRoot, 'test/chaos/one-fault/gated.config.ts')

/** A process of a deployment, which a test can start, kill and start again. */
export interface Application {
  /** @param variables are added to the environment of the deployment. */
  start(variables?: Record<string, string>): Promise<void>
  /** Ends the process with SIGKILL, as a crash does. Does nothing if it does not run. */
  kill(): Promise<void>
}

/**
 * A real worker and a real API, as two processes or as one, with their own database, task queue and mailbox. No process
 * runs until the test starts it. `stop` also removes the database and the Temporal of the deployment.
 */
export async function createDeployment(
  parts: {
    /** The default is a database on the Postgres of the test run. */
    database?: TestDatabase
    /** The default is the Temporal of the test run. */
    temporal?: OwnTemporal
    /** Additional environment variables, such as the URL of a provider. */
    variables?: Record<string, string>
    configPath?: string
  } = {},
) {
  const { temporal, configPath = gatedConfig } = parts
  const database = parts.database ?? (await freshDatabase())
  const dataDir = await mkdtemp(join(tmpdir(), 'tenantry-chaos-'))
  const mailbox = await startTestMailbox()
  const gates = await startGateKeeper()
  const port = await freePort()
  const apiKey = generateApiKey()
  const origin = `http://localhost:${port}`
  const variables = {
    PATH: process.env.PATH ?? '',
    // Without the cache, a process spends most of its start compiling modules.
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? '',
    DATABASE_URL: database.url,
    TEMPORAL_ADDRESS: temporal?.address ?? inject('temporalAddress'),
    SMTP_URL: mailbox.url,
    PORT: String(port),
    PUBLIC_URL: origin,
    DATA_DIR: dataDir,
    AUTH_SECRET: generateApiKey(),
    BOOTSTRAP_API_KEY: apiKey,
    TEST_TASK_QUEUE: randomUUID(),
    TEST_GATE_URL: gates.url,
    ...parts.variables,
  }
  const settings = { dataDir, configPath, variables }
  const worker = createApplication('worker', settings)
  // A separate data folder, as on a separate machine.
  const otherWorker = createApplication('worker', {
    ...settings,
    dataDir: await mkdtemp(join(dataDir, 'other-')),
  })
  const api = createApplication('api', settings)
  const workerAndApi = createApplication('serve', settings)

  const send = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(`${origin}${path}`, {
      method,
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { status: response.status, body: (await response.json()) as OnboardingView }
  }
  const mailsTo = (email: string) =>
    mailbox.messages.filter((mail) => JSON.stringify(mail.to).includes(email)).length

  return {
    db: database.db,
    taskQueue: variables.TEST_TASK_QUEUE,
    send,
    mailbox,
    gates,
    worker,
    otherWorker,
    api,
    workerAndApi,

    /** Adds an account with a trial and an invited user. The company, the user and the email contain `name`. */
    post(name: string, idempotencyKey: string = slugOf(name)) {
      const body = anAccountBody({
        company: { name, state: 'TX' },
        user: { fullName: name, email: emailOf(name) },
        plan: { kind: 'trial', licenses: 3 },
      })
      return send('POST', '/v1/organizations/root/accounts', body, { 'idempotency-key': idempotencyKey })
    },

    decide: (id: string | undefined, decision: 'retry' | 'skip' | 'cancel', body: unknown) =>
      send('POST', `/v1/onboardings/${id}/${decision}`, body),

    async read(id: string | undefined): Promise<OnboardingView> {
      return (await send('GET', `/v1/onboardings/${id}`)).body
    },

    /** Waits until each of these onboardings has the status. */
    async until(ids: (string | undefined)[], status: OnboardingView['status']): Promise<void> {
      const statuses = () => Promise.all(ids.map(async (id) => (await this.read(id)).status))
      await expect.poll(statuses, { timeout: 50_000, interval: 200 }).toEqual(ids.map(() => status))
    },

    /** @returns the number of messages to this email. */
    mailsTo,

    /** Expects that each account was added once and its user got one message, independently of the API. */
    async expectEachOnce(names: Iterable<string>): Promise<void> {
      for (const name of names) {
        const effects = { ...(await countEffects(database.db, name)), mails: mailsTo(emailOf(name)) }
        expect({ name, ...effects }).toEqual({ name, ...addedOnce, mails: 1 })
      }
    },

    /** Waits until each of these runs is held at its boundary. */
    async untilHeld(boundaries: ReadonlyMap<string, Boundary>): Promise<void> {
      const missing = () => {
        const held = new Set(gates.held())
        return [...boundaries].filter(([runId]) => !held.has(runId)).map(([, boundary]) => boundary)
      }
      await expect.poll(missing, { timeout: 30_000 }).toEqual([])
    },

    /** Kills the worker, lets the held runs go on, and starts the next worker. */
    async replaceWorker(): Promise<void> {
      await worker.kill()
      gates.open()
      await worker.start()
    },

    async stop(): Promise<void> {
      for (const application of [worker, otherWorker, api, workerAndApi]) await application.kill()
      gates.close()
      await mailbox.goDown()
      await rm(dataDir, { recursive: true, force: true })
      await temporal?.remove()
      await database.drop()
    },
  }
}

export type Deployment = Awaited<ReturnType<typeof createDeployment>>

function emailOf(name: string): string {
  return `${slugOf(name)}@example.com`
}

function slugOf(name: string): string {
  return name.toLowerCase().replaceAll(' ', '-')
}

function createApplication(
  command: ApplicationCommand,
  settings: { dataDir: string; configPath: string; variables: Record<string, string> },
): Application {
  let running: ServerProcess | undefined
  return {
    async start(extraVariables = {}) {
      const { signal } = new AbortController()
      const variables = { ...settings.variables, ...extraVariables }
      running = await startApplication({ command, title: command, ...settings, variables, signal })
    },
    async kill() {
      if (running === undefined) return
      try {
        process.kill(running.pid, 'SIGKILL')
      } catch {
        // The process has ended already.
      }
      await running.ended
      running = undefined
    },
  }
}
