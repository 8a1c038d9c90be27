import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Configuration, Configure } from '../configuration.ts'
import { connectDatabase, type DatabaseConnection } from '../domain/database/connection.ts'
import { createIdentity, type Identity } from '../domain/identity.ts'
import { createRegistry, type Registry } from '../plugins/registry.ts'
import { type Environment, projectRoot } from './environment.ts'
import { StartFailure } from './stack/failure.ts'

/** The parts that every process of a deployment has in common. */
export interface Deployment {
  db: DatabaseConnection
  identity: Identity
  registry: Registry
  configuration: Configuration
  publicUrl: string
}

export const defaultConfigPath = join(projectRoot, 'temporal.config.ts')

/**
 * Puts a deployment together from the environment and a configuration file.
 * @throws StartFailure naming the setting that is missing.
 */
export async function compose(environment: Environment, configPath: string): Promise<Deployment> {
  const db = connectDatabase(required(environment.databaseUrl, 'DATABASE_URL'))
  const publicUrl = environment.publicUrl ?? `http://localhost:${environment.port ?? 3000}`
  const identity = createIdentity({ db, publicUrl, secret: required(environment.authSecret, 'AUTH_SECRET') })
  const { default: configure }: { default: Configure } = await import(pathToFileURL(configPath).href)
  const configuration = configure({
    db,
    publicUrl,
    mail: { url: required(environment.smtpUrl, 'SMTP_URL'), from: environment.mailFrom },
    variables: environment.variables,
  })
  return { db, identity, registry: createRegistry(configuration.plugins), configuration, publicUrl }
}

function required(value: string | undefined, name: string): string {
  if (value !== undefined) return value
  throw new StartFailure(
    `${name} is not set.`,
    `Set ${name}, or run \`npm start\`, which brings one of its own`,
  )
}
