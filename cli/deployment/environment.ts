import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadClientConnectConfig, type ClientConnectConfig } from '@temporalio/envconfig'
import type { WorkerDeploymentVersion } from '@temporalio/common'
import { z } from 'zod'
import { StartFailure } from '../stack/failure.ts'

export const projectRoot = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

export interface TemporalSettings {
  /** False when no setting names a Temporal server; `npm start` then embeds one. */
  configured: boolean
  address: string
  namespace: string
  connectionOptions: ClientConnectConfig['connectionOptions']
  /** The worker deployment and build of a worker; undefined for a worker without a version. */
  workerVersion: WorkerDeploymentVersion | undefined
}

/** All settings that a process reads from its environment. Undefined means not set. */
export interface Environment {
  databaseUrl: string | undefined
  smtpUrl: string | undefined
  mailFrom: string
  mailReportsSecret: string | undefined
  port: number | undefined
  /** The origin of links in mails and answers, without a trailing slash. */
  publicUrl: string | undefined
  dataDir: string
  bootstrapApiKey: string | undefined
  authSecret: string | undefined
  logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'
  temporal: TemporalSettings
  temporalCliPath: string | undefined
  temporalUiUrl: string | undefined
  /** All variables, unchanged, for plug-ins with settings of their own. */
  variables: Readonly<Record<string, string>>
}

const url = (protocol: RegExp, example: string) =>
  z
    .url({ protocol, error: `must be a URL such as ${example}` })
    .transform((value) => value.replace(/\/$/, ''))

const schema = z.object({
  DATABASE_URL: url(/^postgres(ql)?$/, 'postgres://user:password@host:5432/tenantry').optional(),
  SMTP_URL: url(/^smtps?$/, 'smtp://user:password@host:587').optional(),
  MAIL_FROM: z.string().default('Tenantry <no-reply@tenantry.localhost>'),
  MAIL_REPORTS_SECRET: z.string().min(32, 'must have at least 32 characters').optional(),
  PORT: z.coerce
    .number('must be a port number')
    .int()
    .min(1, 'must be from 1 to 65535')
    .max(65535, 'must be from 1 to 65535')
    .optional(),
  PUBLIC_URL: url(/^https?$/, 'https://accounts.example.com').optional(),
  DATA_DIR: z.string().default('.data'),
  BOOTSTRAP_API_KEY: z.string().min(16, 'must have at least 16 characters').optional(),
  AUTH_SECRET: z.string().min(32, 'must have at least 32 characters').optional(),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  TEMPORAL_CLI_PATH: z.string().optional(),
  TEMPORAL_UI_URL: url(/^https?$/, 'https://temporal.example.com').optional(),
  TEMPORAL_DEPLOYMENT_NAME: z
    .string()
    .regex(/^[^.:]+$/, 'must not have a dot or a colon')
    .optional(),
  TEMPORAL_WORKER_BUILD_ID: z.string().optional(),
})

/** An empty variable counts as not set. @throws StartFailure naming the variable with a bad value. */
export function readEnvironment(source: Record<string, string | undefined> = process.env): Environment {
  const variables = definedOnly(source)
  const parsed = schema.safeParse(variables)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const name = String(issue?.path[0])
    throw new StartFailure(
      `The environment variable ${name} has a bad value: ${issue?.message}`,
      `Correct or unset ${name}`,
    )
  }
  const values = parsed.data
  return {
    databaseUrl: values.DATABASE_URL,
    smtpUrl: values.SMTP_URL,
    mailFrom: values.MAIL_FROM,
    mailReportsSecret: values.MAIL_REPORTS_SECRET,
    port: values.PORT,
    publicUrl: values.PUBLIC_URL,
    dataDir: resolve(projectRoot, values.DATA_DIR),
    bootstrapApiKey: values.BOOTSTRAP_API_KEY,
    authSecret: values.AUTH_SECRET,
    logLevel: values.LOG_LEVEL,
    temporal: { ...readTemporal(variables), workerVersion: workerVersionOf(values) },
    temporalCliPath: values.TEMPORAL_CLI_PATH,
    temporalUiUrl: values.TEMPORAL_UI_URL,
    variables,
  }
}

function workerVersionOf({
  TEMPORAL_DEPLOYMENT_NAME: deploymentName,
  TEMPORAL_WORKER_BUILD_ID: buildId,
}: z.output<typeof schema>): WorkerDeploymentVersion | undefined {
  if (deploymentName !== undefined && buildId !== undefined) return { deploymentName, buildId }
  if (deploymentName === undefined && buildId === undefined) return undefined
  const missing = deploymentName === undefined ? 'TEMPORAL_DEPLOYMENT_NAME' : 'TEMPORAL_WORKER_BUILD_ID'
  throw new StartFailure(
    `${missing} is not set, and a worker version needs both a deployment and a build`,
    `Set ${missing}, or unset the other variable to run workers without versions`,
  )
}

/**
 * A profile file is read only when it is in the project or a variable names it. The file in the home folder often points
 * at a production cluster, which `npm start` must not use by accident.
 */
function readTemporal(variables: Record<string, string>): Omit<TemporalSettings, 'workerVersion'> {
  const projectFile = join(projectRoot, 'temporal.toml')
  const { TEMPORAL_CONFIG_FILE: namedFile } = variables
  if (namedFile !== undefined && !existsSync(namedFile)) {
    throw new StartFailure(
      `TEMPORAL_CONFIG_FILE names ${namedFile}, which does not exist`,
      'Correct or unset TEMPORAL_CONFIG_FILE',
    )
  }
  const named = namedFile !== undefined || variables.TEMPORAL_PROFILE !== undefined
  const useProjectFile = namedFile === undefined && existsSync(projectFile)
  try {
    const { connectionOptions, namespace } = loadClientConnectConfig({
      overrideEnvVars: variables,
      ...(useProjectFile ? { configSource: { path: projectFile } } : {}),
      disableFile: !named && !useProjectFile,
    })
    return {
      configured: connectionOptions.address !== undefined,
      address: connectionOptions.address ?? '127.0.0.1:7233',
      namespace: namespace ?? 'default',
      connectionOptions,
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new StartFailure(
      `The Temporal connection settings are invalid: ${reason}`,
      'Correct TEMPORAL_* or temporal.toml',
    )
  }
}

function definedOnly(source: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(source).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '',
    ),
  )
}
