import { join } from 'node:path'
import { type Environment, projectRoot } from '../deployment/environment.ts'
import { checkDatabase } from './postgres/migrated-database.ts'
import type { StartFailure } from './failure.ts'
import { findTemporalCli } from './temporal/find-program.ts'
import { keepRunning, type Running } from './processes/keep-running.ts'
import { checkMailServer } from './mail/check-mail-server.ts'
import { startMailbox } from './mail/mailbox.ts'
import { startPostgres } from './postgres/postgres-server.ts'
import type { StartProgress } from './start-progress.ts'
import type { Ports } from './remembered-ports.ts'
import type { Shutdown } from './processes/shutdown.ts'
import { prepareRemoteTemporal } from './temporal/temporal-remote.ts'
import { startTemporal } from './temporal/temporal-server.ts'

const restarts = 5

/** The addresses of the servers for the worker and the API. An undefined one is not embedded. */
export interface Dependencies {
  temporal: { address: string; uiUrl: string } | undefined
  databaseUrl: string
  smtpUrl: string
  inboxUrl: string | undefined
}

export interface Bringing {
  environment: Environment
  ports: Ports
  progress: StartProgress
  shutdown: Shutdown
  signal: AbortSignal
  gaveUp(failure: StartFailure): void
}

/**
 * Starts the embedded servers, or checks the servers that are set instead, all at the same time. When one fails, the
 * other starts are aborted; servers that run already are added to `shutdown`.
 */
export async function bringDependencies(bringing: Bringing): Promise<Dependencies> {
  const abandoned = new AbortController()
  const signal = AbortSignal.any([bringing.signal, abandoned.signal])
  const attempts = [bringTemporal, bringPostgres, bringMail].map(async (bring) => {
    try {
      return await bring({ ...bringing, signal })
    } catch (error) {
      abandoned.abort(error)
      throw error
    }
  })
  const outcomes = await Promise.allSettled(attempts)
  const parts = outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : {}))
  for (const { stop } of parts) if (stop !== undefined) bringing.shutdown.add(stop)
  signal.throwIfAborted()
  const { temporal, databaseUrl = '', smtpUrl = '', inboxUrl } = Object.assign({}, ...parts) as Part
  return { temporal, databaseUrl, smtpUrl, inboxUrl }
}

type Part = Partial<Dependencies> & { stop?: () => Promise<void> }

async function bringTemporal(bringing: Bringing): Promise<Part> {
  const { environment, ports, progress, signal } = bringing
  if (environment.temporal.configured) {
    await progress.timed(`Temporal (${environment.temporal.address})`, () =>
      prepareRemoteTemporal(environment.temporal),
    )
    return {}
  }
  const cliPath = await findTemporalCli({
    explicitPath: environment.temporalCliPath,
    searchPath: environment.variables.PATH,
    cacheDir: join(projectRoot, '.cache'),
    report: progress.note,
    signal,
  })
  const { first, stop } = await embed(bringing, 'Temporal', () =>
    startTemporal({
      cliPath,
      dataDir: join(environment.dataDir, 'temporal'),
      port: ports.temporal,
      uiPort: ports.temporalUi,
      signal,
    }),
  )
  return { temporal: first, stop }
}

async function bringPostgres(bringing: Bringing): Promise<Part> {
  const { environment, ports, progress, signal } = bringing
  const { databaseUrl, dataDir } = environment
  if (databaseUrl !== undefined) {
    await progress.timed('Postgres (DATABASE_URL)', () => checkDatabase(databaseUrl))
    return { databaseUrl }
  }
  const { first, stop } = await embed(bringing, 'Postgres', () =>
    startPostgres({ dataDir, port: ports.postgres, signal }),
  )
  return { databaseUrl: first.url, stop }
}

async function bringMail(bringing: Bringing): Promise<Part> {
  const { environment, ports, progress, signal } = bringing
  const { smtpUrl } = environment
  if (smtpUrl !== undefined) {
    await progress.timed('Mail server (SMTP_URL)', () => checkMailServer(smtpUrl))
    return { smtpUrl }
  }
  const { first, stop } = await embed(bringing, 'Mailbox', () =>
    startMailbox({ dataDir: environment.dataDir, smtpPort: ports.smtp, webPort: ports.inbox, signal }),
  )
  return { smtpUrl: first.smtpUrl, inboxUrl: first.webUrl, stop }
}

async function embed<T extends Running>(bringing: Bringing, title: string, start: () => Promise<T>) {
  const { progress, gaveUp } = bringing
  return progress.timed(title, () => keepRunning({ title, start, restarts, report: progress.note, gaveUp }))
}
