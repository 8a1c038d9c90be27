import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { afterAll, inject } from 'vitest'
import { connectDatabase } from '../../domain/database/connection.ts'
import { watchTransactions } from './transaction-guard.ts'

export type TestDatabase = Awaited<ReturnType<typeof freshDatabase>>

/** Creates a migrated database on the Postgres of the test run. */
export async function freshDatabase() {
  const template = new URL(inject('templateDatabaseUrl'))
  const name = `test_${randomUUID().replaceAll('-', '')}`
  await runAsAdmin(template, `create database ${name} template ${template.pathname.slice(1)}`)
  const url = new URL(template)
  url.pathname = `/${name}`
  const db = watchTransactions(connectDatabase(url.href))
  return {
    db,
    url: url.href,
    async drop(): Promise<void> {
      await db.destroy()
      await runAsAdmin(template, `drop database ${name} with (force)`)
    },
  }
}

/** Creates a database for all tests of a file, and drops it after the last test. Call it at the top of the file. */
export async function freshDatabaseForFile(): Promise<TestDatabase> {
  const database = await freshDatabase()
  afterAll(database.drop)
  return database
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
