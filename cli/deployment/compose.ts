import { join } from 'node:path'
import type { Configuration } from '../../configuration.ts'
import { connectDatabase, type DatabaseConnection } from '../../domain/database/connection.ts'
import { createIdentity, type Identity } from '../../domain/users/identity.ts'
import { defaultIntervals, type Intervals } from '../../domain/runs/intervals.ts'
import type { Registry } from '../../plugins/registry.ts'
import { soundRegistry } from '../doctor/check-plugins.ts'
import { type Environment, projectRoot } from './environment.ts'
import { loadConfiguration } from './load-configuration.ts'
import { StartFailure } from '../stack/failure.ts'

export interface Deployment {
  db: DatabaseConnection
  identity: Identity
  registry: Registry
  configuration: Configuration
  intervals: Intervals
  publicUrl: string
}

export const defaultConfigPath = join(projectRoot, 'temporal.config.ts')

/** @throws StartFailure naming a missing setting, or StartFailures with the faults of the plug-ins. */
export async function compose(environment: Environment, configPath: string): Promise<Deployment> {
  const db = connectDatabase(required(environment.databaseUrl, 'DATABASE_URL'))
  const publicUrl = environment.publicUrl ?? `http://localhost:${environment.port ?? 3000}`
  const identity = createIdentity({ db, publicUrl, secret: required(environment.authSecret, 'AUTH_SECRET') })
  const { mailReportsSecret: reportsSecret } = environment
  const configuration = await loadConfiguration(configPath, {
    db,
    publicUrl,
    mail: {
      url: required(environment.smtpUrl, 'SMTP_URL'),
      from: environment.mailFrom,
      ...(reportsSecret === undefined ? {} : { reportsSecret }),
    },
    variables: environment.variables,
  })
  const intervals = { ...defaultIntervals, ...configuration.intervals }
  const registry = soundRegistry(configuration.plugins, intervals)
  return { db, identity, registry, configuration, intervals, publicUrl }
}

function required(value: string | undefined, name: string): string {
  if (value !== undefined) return value
  throw new StartFailure(`${name} is not set`, `Set ${name}, or run \`npm start\`, which provides its own`)
}
