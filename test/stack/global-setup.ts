import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { workflowBundle } from '../../activities/workflow-bundle.ts'
import { projectRoot } from '../../cli/environment.ts'
import { findTemporalCli, findTestServer } from '../../cli/stack/find-program.ts'
import { startPostgres } from '../../cli/stack/postgres-server.ts'
import { startTemporal } from '../../cli/stack/temporal-server.ts'
import { connectDatabase } from '../../domain/database/connection.ts'
import { migrateToLatest } from '../../domain/database/migrate.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A migrated database: tests copy it, and never write to it. */
    templateDatabaseUrl: string
    temporalAddress: string
    temporalCliPath: string
    testServerPath: string
    bundlePath: string
  }
}

/** One real Temporal and one real Postgres for the whole run; each test file takes a database and a task queue of its own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'tenantry-test-'))
  const cacheDir = join(projectRoot, '.cache')
  const search = { explicitPath: process.env.TEMPORAL_CLI_PATH, searchPath: process.env.PATH, cacheDir }
  const temporalCliPath = await findTemporalCli(search)
  const testServerPath = await findTestServer({ searchPath: process.env.PATH, cacheDir })
  const [postgres, temporal, bundlePath] = await Promise.all([
    startPostgres({ dataDir: join(folder, 'postgres') }),
    startTemporal({ cliPath: temporalCliPath, dataDir: join(folder, 'temporal') }),
    workflowBundle(cacheDir),
  ])
  const db = connectDatabase(postgres.url)
  await migrateToLatest(db)
  await db.destroy()
  project.provide('templateDatabaseUrl', postgres.url)
  project.provide('temporalAddress', temporal.address)
  project.provide('temporalCliPath', temporalCliPath)
  project.provide('testServerPath', testServerPath)
  project.provide('bundlePath', bundlePath)
  return async () => {
    await temporal.stop()
    await postgres.stop()
    await rm(folder, { recursive: true, force: true })
  }
}
