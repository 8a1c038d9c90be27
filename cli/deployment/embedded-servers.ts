import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Environment, TemporalSettings } from './environment.ts'
import { StartFailure } from '../stack/failure.ts'
import { databaseUser } from '../stack/postgres/postgres-cluster.ts'
import { preparePostgresHome } from '../stack/postgres/postgres-home.ts'

const loopback = '127.0.0.1'
const ports = z.object({ postgres: z.number(), temporal: z.number(), smtp: z.number() })

/** @throws StartFailure when `npm start` has not run in this folder yet. */
export function embeddedDatabaseUrl(dataDir: string): string {
  const url = databaseUrlIn(dataDir)
  if (url !== undefined) return url
  throw new StartFailure(
    'No database is set, and `npm start` has not run here',
    'Run `npm start` and keep it running, or set DATABASE_URL',
  )
}

/** The environment, completed with the embedded servers of this data folder for each setting that is missing. */
export function withEmbeddedServers(environment: Environment): Environment {
  const { dataDir, temporal } = environment
  const embedded = portsIn(dataDir)
  if (embedded === undefined) return environment
  return {
    ...environment,
    databaseUrl: environment.databaseUrl ?? databaseUrlIn(dataDir),
    smtpUrl: environment.smtpUrl ?? `smtp://${loopback}:${embedded.smtp}`,
    authSecret: environment.authSecret ?? readText(join(dataDir, 'auth-secret')),
    temporal: temporal.configured ? temporal : temporalAt(`${loopback}:${embedded.temporal}`),
  }
}

function temporalAt(address: string): TemporalSettings {
  return {
    configured: false,
    address,
    namespace: 'default',
    connectionOptions: { address },
    workerVersion: undefined,
  }
}

function databaseUrlIn(dataDir: string): string | undefined {
  const embedded = portsIn(dataDir)
  if (embedded === undefined) return undefined
  const password = readText(join(preparePostgresHome(dataDir).folder, 'postgres-password'))
  if (password === undefined) return undefined
  return `postgres://${databaseUser}:${password}@${loopback}:${embedded.postgres}/tenantry`
}

function portsIn(dataDir: string): z.infer<typeof ports> | undefined {
  try {
    return ports.parse(JSON.parse(readFileSync(join(dataDir, 'ports.json'), 'utf8')))
  } catch {
    return undefined
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return undefined
  }
}
