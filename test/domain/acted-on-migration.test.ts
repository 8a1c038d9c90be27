import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { up } from '../../domain/database/migrations/0017_acted_on.ts'
import { newId } from '../../domain/ids.ts'
import { platformId } from '../../domain/organizations.ts'
import { freshDatabase, type TestDatabase } from '../stack/database.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database.drop())

const pending = (...were: string[]) => expect.arrayContaining(were.map((was) => [was, 'pending']))

async function aRun(status: string, steps: string[]): Promise<string> {
  const { db } = database
  const id = newId('onb')
  await sql`
    insert into onboardings (id, parent_id, body_hash, request, plan, status)
    values (${id}, ${await platformId(db)}, '', '{}', '[]', ${status})
  `.execute(db)
  for (const step of steps)
    await sql`insert into step_runs (onboarding_id, step_id, status) values (${id}, ${step}, ${step})`.execute(
      db,
    )
  return id
}

test('what runs were cancelled at before is not waited for afterwards, and what is being undone is left', async () => {
  const { db } = database
  const all = ['needs_attention', 'retrying', 'running', 'done', 'skipped', 'compensated']
  const [cancelled, cancelling, stuck] = await Promise.all(
    ['cancelled', 'cancelling', 'needs_attention'].map((status) => aRun(status, all)),
  )
  await sql`alter table decisions drop column acted_on`.execute(db)

  await db.transaction().execute((transaction) => up(transaction as never))
  const changed = async (id: string | undefined) => {
    const rows = await db
      .selectFrom('step_runs')
      .select(['step_id', 'status'])
      .where('onboarding_id', '=', id ?? '')
      .execute()
    return rows.filter((row) => row.step_id !== row.status).map(({ step_id: was, status }) => [was, status])
  }
  expect(await changed(cancelled)).toEqual(pending('needs_attention', 'retrying', 'running'))
  expect(await changed(cancelled)).toHaveLength(3)
  expect(await changed(cancelling)).toEqual([['needs_attention', 'pending']])
  expect(await changed(stuck)).toEqual([])
})
