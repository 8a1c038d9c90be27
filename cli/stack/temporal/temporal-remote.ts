import type { Connection } from '@temporalio/client'
import type { TemporalSettings } from '../../deployment/environment.ts'
import { StartFailure } from '../failure.ts'
import {
  addSearchAttributes,
  hasSearchAttributes,
  missingSearchAttributes,
  withTemporal,
} from './temporal-operator.ts'
import { waitUntil } from '../processes/wait-until.ts'

const patience = 5_000

/**
 * Checks a Temporal server that is not embedded: it must answer, and have the namespace and the search attributes. Missing
 * search attributes are added if the server allows it.
 * @throws StartFailure with the failed check and the next action.
 */
export async function prepareRemoteTemporal(settings: TemporalSettings): Promise<void> {
  const { address, namespace } = settings
  await reaching(settings, async (connection) => {
    const missing = await listMissing(connection, settings)
    if (missing.length === 0) return
    await addSearchAttributes(connection, namespace, missing).catch((error: unknown) => {
      throw new StartFailure(
        `Temporal at ${address} lacks search attributes and refuses to add them: ${reason(error)}`,
        howToAdd(namespace, missing),
      )
    })
    await waitUntil(() => hasSearchAttributes(connection, namespace), {
      withinMs: 30_000,
      gaveUp: () =>
        new StartFailure(
          `Temporal at ${address} does not list the search attributes yet`,
          'Start again in a minute',
        ),
    })
  })
}

/** Checks a Temporal server and changes nothing. @throws StartFailure with the first failed check of `prepareRemoteTemporal`. */
export async function checkTemporal(settings: TemporalSettings): Promise<void> {
  const { address, namespace } = settings
  const missing = await reaching(settings, (connection) => listMissing(connection, settings))
  if (missing.length === 0) return
  throw new StartFailure(
    `Temporal at ${address} lacks search attributes in namespace ${namespace}: ${missing.join(', ')}`,
    howToAdd(namespace, missing),
  )
}

async function reaching<Result>(
  { address, connectionOptions }: TemporalSettings,
  act: (connection: Connection) => Promise<Result>,
): Promise<Result> {
  return withTemporal({ ...connectionOptions, connectTimeout: patience }, act).catch((error: unknown) => {
    if (error instanceof StartFailure) throw error
    throw new StartFailure(
      `Temporal at ${address} cannot be reached: ${reason(error)}`,
      'Start Temporal or correct TEMPORAL_ADDRESS; unset it to use the embedded server',
    )
  })
}

async function listMissing(
  connection: Connection,
  { address, namespace }: TemporalSettings,
): Promise<string[]> {
  return connection
    .withDeadline(Date.now() + patience, () => missingSearchAttributes(connection, namespace))
    .catch((error: unknown) => {
      throw new StartFailure(
        `Temporal at ${address} does not list the search attributes of namespace ${namespace}: ${reason(error)}`,
        'Create the namespace, or set TEMPORAL_NAMESPACE to another one',
      )
    })
}

function howToAdd(namespace: string, missing: string[]): string {
  const names = missing.map((name) => `--name ${name} --type Keyword`).join(' ')
  return `Run: temporal operator search-attribute create --namespace ${namespace} ${names}`
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'details' in error && typeof error.details === 'string' && error.details !== ''
    ? error.details
    : error.message
}
