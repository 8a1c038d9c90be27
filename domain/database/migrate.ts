import { sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import type { DatabaseConnection } from './connection.ts'
import * as schema from './migrations/0001_schema.ts'

// Until the first release the one schema is edited. So its version is part of its name: a database that was made with
// another one has a migration on record that is not among these.
const migrations = { [`0001_schema_${schema.version}`]: { up: schema.up } }

/** The database was made with another version of the schema, from which no migration leads to this one. */
export class AnotherSchema extends Error {
  override readonly name = 'AnotherSchema'

  constructor() {
    super('The database has the schema of another version')
  }
}

/**
 * Brings the schema to the newest version. Safe to call from several processes at once: the migrator holds a lock.
 * @throws AnotherSchema when no migration leads there.
 * @throws Error naming the migration that failed; nothing of that migration is left behind.
 */
export async function migrateToLatest(db: DatabaseConnection): Promise<void> {
  await refuseAnotherSchema(db)
  const { error, results } = await migratorOf(db).migrateToLatest()
  if (error === undefined) return
  const failed = results?.find((result) => result.status === 'Error')?.migrationName ?? 'the migrations'
  throw new Error(`Migration ${failed} failed`, { cause: error })
}

/**
 * The migrations that this database does not have yet, oldest first. Changes nothing.
 * @throws AnotherSchema when it never can have them.
 */
export async function pendingMigrations(db: DatabaseConnection): Promise<string[]> {
  await refuseAnotherSchema(db)
  const all = await migratorOf(db).getMigrations()
  return all.filter(({ executedAt }) => executedAt === undefined).map(({ name }) => name)
}

async function refuseAnotherSchema(db: DatabaseConnection): Promise<void> {
  const { rows } = await sql<{ table: string | null }>`
    select to_regclass('kysely_migration')::text as table
  `.execute(db)
  if (rows[0]?.table == null) return
  const made = await sql<{ name: string }>`select name from kysely_migration`.execute(db)
  if (made.rows.some(({ name }) => !Object.hasOwn(migrations, name))) throw new AnotherSchema()
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
