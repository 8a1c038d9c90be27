import { sql } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import { isDatabaseOutage } from '../../../domain/database/outage.ts'
import { freshDatabase } from '../../stack/database.ts'

// Longer than the timeout of one statement, and shorter than two: the `rollback` must not wait as well.
const timeoutMs = 30_000

test('a frozen Postgres counts as an outage, and its connection is not used again', {
  timeout: timeoutMs,
}, async () => {
  const { db, drop } = await freshDatabase()
  onTestFinished(drop)
  const frozen = Promise.withResolvers<number>()
  const written = db.transaction().execute(async (transaction) => {
    const session = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(transaction)
    const { pid } = session.rows[0] ?? expect.unreachable()
    process.kill(pid, 'SIGSTOP')
    onTestFinished(() => void process.kill(pid, 'SIGCONT'))
    frozen.resolve(pid)
    await sql`select ${1}::int`.execute(transaction)
  })

  const outcome = await written.catch((error: unknown) => error)
  expect(isDatabaseOutage(outcome)).toBe(true)
  const after = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db)
  expect(after.rows[0]?.pid).not.toBe(await frozen.promise)
})
