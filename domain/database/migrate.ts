import { sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import type { DatabaseConnection } from './connection.ts'
import * as schema from './migrations/0001_schema.ts'

// Until the first release there is one migration, and it is edited. Its name contains the version of the schema, so a
// database with another version has a migration on record that is not in this list.
const migrations = { [`0001_schema_${schema.version}`]: { up: schema.up } }

/** The database has another version of the schema, and no migration leads from that version to this one. */
export class AnotherSchema extends Error {
  override readonly name = 'AnotherSchema'

  constructor() {
    super('The database has the schema of another version')
  }
}

/**
 * Migrates the database to the newest version of the schema. Several processes may call it at once: the migrator holds a lock.
 * @throws AnotherSchema when no migration leads to the newest version.
 * @throws Error with the name of the migration that failed. That migration was rolled back.
 */
export async function migrateToLatest(db: DatabaseConnection): Promise<void> {
  await refuseAnotherSchema(db)
  const { error, results } = await migratorOf(db).migrateToLatest()
  if (error === undefined) return
  const failed = results?.find((result) => result.status === 'Error')?.migrationName ?? 'the migrations'
  throw new Error(`Migration ${failed} failed`, { cause: error })
}

/** Oldest first. Changes nothing. @throws AnotherSchema when no migration leads to the newest version. */
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
  const executed = await sql<{ name: string }>`select name from kysely_migration`.execute(db)
  if (executed.rows.some(({ name }) => !Object.hasOwn(migrations, name))) throw new AnotherSchema()
}

function migratorOf(db: DatabaseConnection): Migrator {
  const all = Object.entries(migrations).map(([name, migration]) => [name, withoutTimeout(migration)])
  return new Migrator({ db, provider: { getMigrations: async () => Object.fromEntries(all) } })
}

/** Lifts the statement timeout, because an index on a large table takes longer to build. The lock timeout stays. */
function withoutTimeout({ up }: Migration): Migration {
  return {
    async up(transaction) {
      await sql`set local statement_timeout = 0`.execute(transaction)
      await up(transaction)
    },
  }
}
