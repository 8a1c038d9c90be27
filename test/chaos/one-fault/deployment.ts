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
import { startTestMailbox } from '../../stack/shared-mailbox.ts'
import { countEffects } from './effects.ts'
import { startGateKeeper } from './gates.ts'

const gatedConfig = join(projectRoot, 'test/chaos/one-fault/gated.config.ts')

/** A process of a deployment, which a test may start, kill and start again. */
export interface Application {
  /** @param variables more of its environment than the deployment has. */
  start(variables?: Record<string, string>): Promise<void>
  /** At once, as a crash does. */
  kill(): Promise<void>
}

/**
 * The real worker and the real API, as processes of their own or as one, on a task queue and a mailbox of their own. None
 * runs until it is started.
 */
export async function createDeployment(parts: {
  db: DatabaseConnection
  databaseUrl: string
  temporalAddress?: string
  /** More of the environment, such as where a provider is. */
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
    // Most of what a process costs is compiling what it loads.
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
  const worker = application('worker', settings)
  // In a folder of its own, as on a machine of its own.
  const otherWorker = application('worker', { ...settings, dataDir: await mkdtemp(join(dataDir, 'other-')) })
  const api = application('api', settings)
  const workerAndApi = application('serve', settings)

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

    /** Asks for an account with a trial and an invited user, all named after `name`. */
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

    operate: (id: string | undefined, operation: 'retry' | 'skip' | 'cancel', body: unknown) =>
      request(`/v1/onboardings/${id}/${operation}`, { method: 'POST', body: JSON.stringify(body) }),

    async read(id: string | undefined): Promise<OnboardingView> {
      return (await request(`/v1/onboardings/${id}`)).body
    },

    /** Waits until every one of these onboardings has settled into the status. */
    async until(ids: (string | undefined)[], status: OnboardingView['status']): Promise<void> {
      const statuses = async () => {
        const views = await Promise.all(ids.map((id) => this.read(id)))
        return views.map((view) => view.status)
      }
      await expect.poll(statuses, { timeout: 50_000, interval: 200 }).toEqual(ids.map(() => status))
    },

    /** What there is of an account in the database and the mailbox, whatever the API says. */
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

function application(
  command: ApplicationCommand,
  settings: { dataDir: string; configPath: string; variables: Record<string, string> },
): Application {
  let running: ServerProcess | undefined
  return {
    async start(more = {}) {
      const { signal } = new AbortController()
      const variables = { ...settings.variables, ...more }
      running = await startApplication({ command, title: command, ...settings, variables, signal })
    },
    async kill() {
      if (running === undefined) return
      try {
        process.kill(running.pid, 'SIGKILL')
      } catch {
        // It is gone already.
      }
      await running.ended
      running = undefined
    },
  }
}
