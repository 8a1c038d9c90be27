import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Environment } from '../deployment/environment.ts'
import { startNodeProcess } from './processes/node-process.ts'
import type { ServerProcess } from './processes/server-process.ts'

const commandLine = fileURLToPath(new URL('../tenantry.ts', import.meta.url))

export interface ServerAddresses {
  databaseUrl: string
  smtpUrl: string
  port: number
  publicUrl: string
  authSecret: string
  bootstrapApiKey: string
  /** The embedded server; undefined when another one is set. */
  temporal: { address: string; uiUrl: string } | undefined
}

export function applicationVariables(
  environment: Environment,
  around: ServerAddresses,
): Record<string, string> {
  return {
    ...(around.temporal === undefined ? environment.variables : withoutTemporal(environment.variables)),
    DATABASE_URL: around.databaseUrl,
    SMTP_URL: around.smtpUrl,
    PORT: String(around.port),
    PUBLIC_URL: around.publicUrl,
    DATA_DIR: environment.dataDir,
    AUTH_SECRET: around.authSecret,
    BOOTSTRAP_API_KEY: around.bootstrapApiKey,
    ...(around.temporal === undefined
      ? {}
      : { TEMPORAL_ADDRESS: around.temporal.address, TEMPORAL_UI_URL: around.temporal.uiUrl }),
  }
}

export type ApplicationCommand = 'serve' | 'worker' | 'api'

export async function startApplication(options: {
  command: ApplicationCommand
  title: string
  configPath: string
  dataDir: string
  variables: Record<string, string>
  signal: AbortSignal
  report?: (line: string) => void
}): Promise<ServerProcess> {
  return startNodeProcess({
    title: options.title,
    script: commandLine,
    args: [options.command, '--config', options.configPath],
    variables: options.variables,
    logFile: join(options.dataDir, `${options.command}.log`),
    pidFile: join(options.dataDir, `${options.command}.pid`),
    readyTimeoutMs: 60_000,
    stopGraceMs: 15_000,
    signal: options.signal,
    ...(options.report === undefined ? {} : { report: options.report }),
  })
}

/** Settings of another cluster, such as its API key, must not reach the embedded server. */
function withoutTemporal(variables: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !name.startsWith('TEMPORAL_')))
}
