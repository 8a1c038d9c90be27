import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isDatabaseOutage } from '../../../domain/database/outage.ts'
import { freshDatabase, type TestDatabase } from '../../stack/database.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database.drop())

const failureWith = (code: string) =>
  sql
    .raw(`do $$ begin raise exception using errcode = '${code}', message = 'of a test'; end $$`)
    .execute(database.db)
    .catch((error: unknown) => error)

test.each([
  ['a lock that was waited for too long', '55P03'],
  ['two that waited for each other', '40P01'],
  ['a statement that took too long', '57014'],
])('%s says that the database is busy, and nothing about what was asked', async (_, code) => {
  expect(isDatabaseOutage(await failureWith(code))).toBe(true)
})

test('a row that breaks a rule is no outage', async () => {
  expect(isDatabaseOutage(await failureWith('23505'))).toBe(false)
})
