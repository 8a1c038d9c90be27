import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findTemporalCli, findTestServer } from '../../cli/stack/temporal/find-program.ts'
import { startPostgres } from '../../cli/stack/postgres/postgres-server.ts'
import { startTemporal } from '../../cli/stack/temporal/temporal-server.ts'
import { connectDatabase } from '../../domain/database/connection.ts'
import { migrateToLatest } from '../../domain/database/migrate.ts'

/** Where the servers of a test run are. */
export interface ServerAddresses {
  /** A migrated database: tests copy it, and never write to it. */
  templateDatabaseUrl: string
  temporalAddress: string
  temporalCliPath: string
  testServerPath: string
}

/** Its data is not needed after the run, so it need not survive a crash of the machine. */
const forgetful = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }

/**
 * One real Temporal and one real Postgres for a whole test run.
 * @param cacheDir where downloaded programs are kept.
 */
export async function startServers(
  cacheDir: string,
): Promise<{ addresses: ServerAddresses; stop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'tenantry-test-'))
  const search = { explicitPath: process.env.TEMPORAL_CLI_PATH, searchPath: process.env.PATH, cacheDir }
  const temporalCliPath = await findTemporalCli(search)
  const testServerPath = await findTestServer({ searchPath: process.env.PATH, cacheDir })
  const [postgres, temporal] = await Promise.all([
    startPostgres({ dataDir: join(folder, 'postgres'), settings: forgetful }),
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
