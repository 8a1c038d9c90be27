import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { ensureBootstrapKey, generateApiKey, revokedBootstrapKey } from '../domain/access/api-keys.ts'
import type { Environment } from './deployment/environment.ts'
import { addSampleAccount } from './stack/sample.ts'
import { applicationVariables } from './stack/application-process.ts'
import { bringApplication } from './stack/bring-application.ts'
import { withMigratedDatabase } from './stack/postgres/migrated-database.ts'
import { bringDependencies, type Dependencies } from './stack/dependencies.ts'
import { failuresIn, StartFailure } from './stack/failure.ts'
import { stopLeftovers } from './stack/processes/leftovers.ts'
import type { StartProgress } from './stack/start-progress.ts'
import { choosePorts } from './stack/remembered-ports.ts'
import { keptSecret } from './stack/secrets.ts'
import { createShutdown, type Shutdown, stopRequested } from './stack/processes/shutdown.ts'
import { takeStartLock } from './stack/processes/start-lock.ts'

/**
 * Starts the servers, the worker and the API, keeps them running until told to stop, and stops them in reverse order.
 * @returns the exit code: 0 when it was told to stop, 1 when something failed.
 */
export async function start(
  environment: Environment,
  configPath: string,
  progress: StartProgress,
): Promise<number> {
  const shutdown = createShutdown()
  const told = stopRequested()
  const broken = new AbortController()
  const signal = AbortSignal.any([told, broken.signal])
  process.once('uncaughtException', (error) => broken.abort(error))
  try {
    await bringUp({
      environment,
      configPath,
      progress,
      shutdown,
      signal,
      gaveUp: (failure) => broken.abort(failure),
    })
    await aborted(signal)
    signal.throwIfAborted()
  } catch (error) {
    if (!told.aborted) for (const failure of asFailures(error)) progress.failure(failure)
  } finally {
    if (told.aborted) progress.heading('Stopping')
    await shutdown.run()
  }
  if (!told.aborted) return 1
  progress.note('all processes are stopped; the data is kept')
  return 0
}

interface Bringing {
  environment: Environment
  configPath: string
  progress: StartProgress
  shutdown: Shutdown
  signal: AbortSignal
  gaveUp(failure: StartFailure): void
}

async function bringUp(bringing: Bringing): Promise<void> {
  const { environment, configPath, progress, shutdown, signal, gaveUp } = bringing
  const { dataDir } = environment
  makeDataFolder(dataDir)
  const unlock = takeStartLock(join(dataDir, 'start.lock'))
  shutdown.add(async () => unlock())
  progress.heading('Starting')
  await stopLeftovers(dataDir)
  const ports = await choosePorts(join(dataDir, 'ports.json'), environment.port)
  const dependencies = await bringDependencies({ environment, ports, progress, shutdown, signal, gaveUp })

  const apiKey = bootstrapKey(environment)
  const place = {
    url: dependencies.databaseUrl,
    ...(environment.databaseUrl === undefined ? { dataDir } : {}),
  }
  const bootstrap = await progress.timed('Database schema', () =>
    withMigratedDatabase(place, (db) => ensureBootstrapKey(db, apiKey.value)),
  )
  const origin = environment.publicUrl ?? `http://localhost:${ports.api}`
  const variables = applicationVariables(environment, {
    ...dependencies,
    port: ports.api,
    publicUrl: origin,
    authSecret: environment.authSecret ?? keptSecret(join(dataDir, 'auth-secret')).value,
    bootstrapApiKey: apiKey.value,
  })
  await bringApplication({ configPath, dataDir, variables, progress, shutdown, signal, gaveUp })
  if (bootstrap === 'revoked') progress.note(`${revokedBootstrapKey} ${apiKey.another}`)
  else if (environment.databaseUrl === undefined) {
    await addSampleAccount({
      origin: `http://127.0.0.1:${ports.api}`,
      apiKey: apiKey.value,
      progress,
      signal,
    })
  }
  const shownKey = bootstrap === 'revoked' ? 'revoked' : apiKey.shown
  printAddresses(progress, { origin, dependencies, apiKey: shownKey, environment })
}

function makeDataFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o711 })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new StartFailure(
      `The data folder cannot be created: ${reason}`,
      'Choose another folder with DATA_DIR',
    )
  }
}

/** @returns also how to show the key, and how to get another one. */
function bootstrapKey(environment: Environment): { value: string; shown: string; another: string } {
  if (environment.bootstrapApiKey !== undefined)
    return {
      value: environment.bootstrapApiKey,
      shown: 'the value of BOOTSTRAP_API_KEY',
      another: 'Another value of BOOTSTRAP_API_KEY is a new key.',
    }
  const path = join(environment.dataDir, 'api-key')
  const { value, isNew } = keptSecret(path, generateApiKey)
  return {
    value,
    shown: isNew ? `${value} (kept in ${path})` : `kept in ${path}`,
    another: `For a new key, delete ${path} and start again.`,
  }
}

function printAddresses(
  progress: StartProgress,
  facts: { origin: string; dependencies: Dependencies; apiKey: string; environment: Environment },
): void {
  const { origin, dependencies, apiKey, environment } = facts
  const temporalUi = dependencies.temporal?.uiUrl ?? environment.temporalUiUrl
  progress.heading('Ready')
  progress.fact('API', `${origin}/v1`)
  progress.fact('API reference', `${origin}/docs`)
  if (temporalUi !== undefined) progress.fact('Temporal Web UI', temporalUi)
  if (dependencies.inboxUrl !== undefined) progress.fact('Inbox', dependencies.inboxUrl)
  progress.fact('API key', apiKey)
  progress.fact('Logs', join(environment.dataDir, '*.log'))
  progress.fact('Stop', 'Ctrl-C')
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  // The timer keeps the process alive when no server is a child of it.
  const alive = setInterval(() => undefined, 60_000)
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  clearInterval(alive)
}

function asFailures(error: unknown): readonly StartFailure[] {
  const failures = failuresIn(error)
  if (failures.length > 0) return failures
  const message = error instanceof Error ? error.message : String(error)
  return [new StartFailure(`Tenantry could not start: ${message}`, 'Correct the cause and start again')]
}
