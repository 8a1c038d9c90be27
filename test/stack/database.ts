import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'
import { connectDatabase, type DatabaseConnection } from '../../domain/database/connection.ts'

export interface TestDatabase {
  db: DatabaseConnection
  url: string
  drop(): Promise<void>
}

/** Creates a migrated database on the Postgres of the test run. */
export async function freshDatabase(): Promise<TestDatabase> {
  const template = new URL(inject('templateDatabaseUrl'))
  const name = `test_${randomUUID().replaceAll('-', '')}`
  await runAsAdmin(template, `create database ${name} template ${template.pathname.slice(1)}`)
  const url = new URL(template)
  url.pathname = `/${name}`
  const db = connectDatabase(url.href)
  return {
    db,
    url: url.href,
    async drop() {
      await db.destroy()
      await runAsAdmin(template, `drop database ${name} with (force)`)
    },
  }
}

async function runAsAdmin(template: URL, statement: string): Promise<void> {
  const admin = new URL(template)
  admin.pathname = '/postgres'
  const client = new pg.Client({ connectionString: admin.href })
  await client.connect()
  try {
    // Postgres refuses a second copy of the template at the same time, so the second test file waits.
    await client.query(`select pg_advisory_lock(1)`)
    await client.query(statement)
  } finally {
    await client.end()
  }
}
