import { sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import type { DatabaseConnection } from './connection.ts'
import * as initial from './migrations/0001_initial.ts'
import * as platform from './migrations/0002_platform.ts'
import * as onboardingOrganization from './migrations/0003_onboarding_organization.ts'
import * as organizationChanges from './migrations/0004_organization_changes.ts'
import * as operations from './migrations/0005_operations.ts'
import * as devices from './migrations/0006_devices.ts'
import * as billing from './migrations/0007_billing.ts'
import * as deviceHistory from './migrations/0008_device_history.ts'
import * as providerEvents from './migrations/0009_provider_events.ts'
import * as accountStatus from './migrations/0010_account_status.ts'
import * as webhooks from './migrations/0011_webhooks.ts'
import * as decisions from './migrations/0012_decisions.ts'
import * as bulkDecisions from './migrations/0013_bulk_decisions.ts'
import * as messages from './migrations/0014_messages.ts'
import * as findings from './migrations/0015_findings.ts'
import * as cancelAsked from './migrations/0016_cancel_asked.ts'
import * as actedOn from './migrations/0017_acted_on.ts'

const migrations = {
  '0001_initial': initial,
  '0002_platform': platform,
  '0003_onboarding_organization': onboardingOrganization,
  '0004_organization_changes': organizationChanges,
  '0005_operations': operations,
  '0006_devices': devices,
  '0007_billing': billing,
  '0008_device_history': deviceHistory,
  '0009_provider_events': providerEvents,
  '0010_account_status': accountStatus,
  '0011_webhooks': webhooks,
  '0012_decisions': decisions,
  '0013_bulk_decisions': bulkDecisions,
  '0014_messages': messages,
  '0015_findings': findings,
  '0016_cancel_asked': cancelAsked,
  '0017_acted_on': actedOn,
}

/**
 * Brings the schema to the newest version. Safe to call from several processes at once: the migrator holds a lock.
 * @throws Error naming the migration that failed; nothing of that migration is left behind.
 */
export async function migrateToLatest(db: DatabaseConnection): Promise<void> {
  const { error, results } = await migratorOf(db).migrateToLatest()
  if (error === undefined) return
  const failed = results?.find((result) => result.status === 'Error')?.migrationName ?? 'the migrations'
  throw new Error(`Migration ${failed} failed`, { cause: error })
}

/** The migrations that this database does not have yet, oldest first. Changes nothing. */
export async function pendingMigrations(db: DatabaseConnection): Promise<string[]> {
  const all = await migratorOf(db).getMigrations()
  return all.filter(({ executedAt }) => executedAt === undefined).map(({ name }) => name)
}

function migratorOf(db: DatabaseConnection): Migrator {
  const unhurried = Object.entries(migrations).map(([name, migration]) => [name, withoutTimeout(migration)])
  return new Migrator({ db, provider: { getMigrations: async () => Object.fromEntries(unhurried) } })
}

/** What builds an index on a large table takes longer than any other statement may. Waits for locks stay as short. */
function withoutTimeout({ up }: Migration): Migration {
  return {
    async up(transaction) {
      await sql`set local statement_timeout = 0`.execute(transaction)
      await up(transaction)
    },
  }
}
