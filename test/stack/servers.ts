import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findTemporalCli, findTestServer } from '../../cli/stack/temporal/find-program.ts'
import { startPostgres } from '../../cli/stack/postgres/postgres-server.ts'
import { startTemporal } from '../../cli/stack/temporal/temporal-server.ts'
import { connectDatabase } from '../../domain/database/connection.ts'
import { migrateToLatest } from '../../domain/database/migrate.ts'

/** The addresses of the servers of a test run, and the paths of their programs. */
export interface ServerAddresses {
  /** A migrated database that each test file copies. No test writes to it. */
  templateDatabaseUrl: string
  temporalAddress: string
  temporalCliPath: string
  testServerPath: string
}

/** Faster settings that can lose data if the machine crashes. The data is deleted after the test run anyway. */
const fastSettings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }

/**
 * Starts one Temporal and one Postgres for a test run.
 * @param cacheDir the folder for downloaded programs.
 * @throws Error when a program cannot be found or downloaded, or a server does not start.
 */
export async function startServers(
  cacheDir: string,
): Promise<{ addresses: ServerAddresses; stop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'tenantry-test-'))
  const search = { explicitPath: process.env.TEMPORAL_CLI_PATH, searchPath: process.env.PATH, cacheDir }
  const temporalCliPath = await findTemporalCli(search)
  const testServerPath = await findTestServer({ searchPath: process.env.PATH, cacheDir })
  const [postgres, temporal] = await Promise.all([
    startPostgres({ dataDir: join(folder, 'postgres'), settings: fastSettings }),
    startTemporal({ cliPath: temporalCliPath, dataDir: join(folder, 'temporal') }),
  ])
  const db = connectDatabase(postgres.url)
  await migrateToLatest(db)
  await db.destroy()
  return {
    addresses: {
      templateDatabaseUrl: postgres.url,
      temporalAddress: temporal.address,
      temporalCliPath,
      testServerPath,
    },
    async stop() {
      await temporal.stop()
      await postgres.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
