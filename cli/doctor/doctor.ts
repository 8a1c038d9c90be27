import { relative } from 'node:path'
import pc from 'picocolors'
import type { Configuration } from '../../configuration.ts'
import { connectDatabase, type DatabaseConnection } from '../../domain/database/connection.ts'
import { checkDocuments } from './check-documents.ts'
import { checkInUse } from './in-use.ts'
import { pluginFaults } from './check-plugins.ts'
import { shapeFaults } from '../../plugins/plugin-shape.ts'
import { checkProviders } from './check-providers.ts'
import { checkDatabaseServer, checkTemporalServer } from './check-servers.ts'
import { asFault, type Verdict } from './verdict.ts'
import { checkWorkerVersion } from './worker-version.ts'
import { withEmbeddedServers } from '../deployment/embedded-servers.ts'
import { type Environment, projectRoot } from '../deployment/environment.ts'
import { loadConfiguration } from '../deployment/load-configuration.ts'
import { StartFailure } from '../stack/failure.ts'

// Stands in for a missing database or mail server, so that plug-ins can be created; a call to it is refused.
const nowhere = '127.0.0.1:1'

/**
 * Checks a whole deployment: settings, configuration, plug-ins, servers and providers. Beside a running `npm start` it needs
 * no settings. It changes nothing.
 * @param write gets one line for each check that passes, and one for each fault.
 * @returns the exit code: 0 when all is well.
 */
export async function doctor(
  set: Environment,
  configPath: string,
  write: (line: string) => void,
): Promise<number> {
  const environment = withEmbeddedServers(set)
  const db = connectDatabase(environment.databaseUrl ?? `postgres://${nowhere}/none`, { maxConnections: 2 })
  try {
    const loading = loaded(environment, configPath, db)
    const verdicts = await Promise.all([
      loading.then(({ verdict }) => verdict),
      checkDatabaseServer(environment, set, db),
      checkTemporalServer(environment, set),
      checkWorkerVersion(environment.temporal),
      checkDocuments(db),
      loading.then(({ configuration }) => checkDeployment(configuration, db)),
    ])
    const all = [checkSettings(environment), ...verdicts.flat()]
    for (const line of all.flatMap(linesOf)) write(line)
    return all.every(({ faults }) => faults.length === 0) ? 0 : 1
  } finally {
    await db.destroy()
  }
}

/** The settings that no other check covers. A missing DATABASE_URL is a fault of the database check. */
function checkSettings({ smtpUrl, authSecret }: Environment): Verdict {
  const missing = [
    ...(smtpUrl === undefined ? ['SMTP_URL'] : []),
    ...(authSecret === undefined ? ['AUTH_SECRET'] : []),
  ]
  const faults = missing.map((name) => ({
    message: `${name} is not set.`,
    nextAction: `Set ${name}, or run \`npm start\`, which provides its own.`,
  }))
  return { title: 'Settings', faults }
}

async function loaded(
  { smtpUrl, mailFrom, publicUrl, port, variables }: Environment,
  configPath: string,
  db: DatabaseConnection,
): Promise<{ verdict: Verdict; configuration?: Configuration }> {
  const title = `Configuration (${relative(projectRoot, configPath)})`
  try {
    const configuration = await loadConfiguration(configPath, {
      db,
      publicUrl: publicUrl ?? `http://localhost:${port ?? 3000}`,
      mail: { url: smtpUrl ?? `smtp://${nowhere}`, from: mailFrom },
      variables,
    })
    return { verdict: { title, faults: [] }, configuration }
  } catch (error) {
    if (!(error instanceof StartFailure)) throw error
    return { verdict: { title, faults: [asFault(error)] } }
  }
}

/** The plug-ins as a whole, each provider, and whether the plug-ins still bring what accounts and open runs need. */
async function checkDeployment(
  configuration: Configuration | undefined,
  db: DatabaseConnection,
): Promise<Verdict[]> {
  if (configuration === undefined) return []
  const { plugins } = configuration
  const misshapen = shapeFaults(plugins)
  if (misshapen.length > 0) return [{ title: 'Plug-ins', faults: misshapen }]
  const names = plugins.map(({ name }) => name).join(', ')
  try {
    const [providers, inUse] = await Promise.all([checkProviders(plugins), checkInUse(db, plugins)])
    return [{ title: `Plug-ins (${names})`, faults: pluginFaults(plugins) }, ...providers, ...inUse]
  } finally {
    for (const plugin of plugins) await plugin.close?.()
  }
}

function linesOf({ title, faults, notes = [] }: Verdict): string[] {
  const lines = faults.map(
    ({ message, nextAction }) => `  ${pc.red('✗')} ${title}: ${message} ${pc.bold(nextAction)}`,
  )
  return [
    ...(faults.length === 0 ? [`  ${pc.green('✓')} ${title}`] : lines),
    ...notes.map((note) => `  · ${title}: ${note}`),
  ]
}
