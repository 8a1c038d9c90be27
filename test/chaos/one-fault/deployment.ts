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
import type { DatabaseConnection } from '../../../domain/database/connection.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { startTestMailbox } from '../../stack/test-mailbox.ts'
import { countEffects } from './effects.ts'
import { startGateKeeper } from './gates.ts'

const gatedConfig = join(projectRoot, 'test/chaos/one-fault/gated.config.ts')

/** A process of a deployment, which a test can start, kill and start again. */
export interface Application {
  /** @param variables are added to the environment of the deployment. */
  start(variables?: Record<string, string>): Promise<void>
  /** Ends the process with SIGKILL, as a crash does. Does nothing if it does not run. */
  kill(): Promise<void>
}

/**
 * A real worker and a real API, as two processes or as one, with their own task queue and mailbox. No process runs until
 * the test starts it.
 */
export async function createDeployment(parts: {
  db: DatabaseConnection
  databaseUrl: string
  temporalAddress?: string
  /** Additional environment variables, such as the URL of a provider. */
  variables?: Record<string, string>
  configPath?: string
}) {
  const { configPath = gatedConfig } = parts
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
    DATABASE_URL: parts.databaseUrl,
    TEMPORAL_ADDRESS: parts.temporalAddress ?? inject('temporalAddress'),
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

  const request = async (path: string, options: RequestInit = {}) => {
    const response = await fetch(`${origin}${path}`, {
      ...options,
      headers: {
        authorization: `Bearer ${apiKey}`,
        'content-type': 'application/json',
        ...(options.headers as Record<string, string>),
      },
    })
    return { status: response.status, body: (await response.json()) as OnboardingView }
  }
  const send = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    request(path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })

  return {
    db: parts.db,
    taskQueue: variables.TEST_TASK_QUEUE,
    send,
    mailbox,
    gates,
    worker,
    otherWorker,
    api,
    workerAndApi,

    /** Adds an account with a trial and an invited user. The company, the user and the email contain `name`. */
    post: (name: string, idempotencyKey: string = slugOf(name)) =>
      request('/v1/organizations/root/accounts', {
        method: 'POST',
        headers: { 'idempotency-key': idempotencyKey },
        body: JSON.stringify(
          anAccountBody({
            company: { name, state: 'TX' },
            user: { fullName: name, email: emailOf(name) },
            plan: { kind: 'trial', licenses: 3 },
          }),
        ),
      }),

    decide: (id: string | undefined, decision: 'retry' | 'skip' | 'cancel', body: unknown) =>
      request(`/v1/onboardings/${id}/${decision}`, { method: 'POST', body: JSON.stringify(body) }),

    async read(id: string | undefined): Promise<OnboardingView> {
      return (await request(`/v1/onboardings/${id}`)).body
    },

    /** Waits until each of these onboardings has the status. */
    async until(ids: (string | undefined)[], status: OnboardingView['status']): Promise<void> {
      const statuses = async () => {
        const views = await Promise.all(ids.map((id) => this.read(id)))
        return views.map((view) => view.status)
      }
      await expect.poll(statuses, { timeout: 50_000, interval: 200 }).toEqual(ids.map(() => status))
    },

    /** Counts the rows and messages of an account, independently of the API. */
    async effects(name: string) {
      const mails = mailbox.messages.filter((mail) => JSON.stringify(mail.to).includes(emailOf(name))).length
      return { ...(await countEffects(parts.db, name)), mails }
    },

    async stop(): Promise<void> {
      await worker.kill()
      await otherWorker.kill()
      await api.kill()
      await workerAndApi.kill()
      gates.close()
      await mailbox.goDown()
      await rm(dataDir, { recursive: true, force: true })
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
