import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { isDatabaseOutage } from '../../../domain/database/outage.ts'
import { freshDatabaseForFile } from '../../stack/database.ts'

const { db } = await freshDatabaseForFile()

/** Lets Postgres fail with this error code, and returns the error. */
const failureWith = (code: string) =>
  sql
    .raw(`do $$ begin raise exception using errcode = '${code}', message = 'of a test'; end $$`)
    .execute(db)
    .catch((error: unknown) => error)

test.each([
  ['a lock timeout', '55P03'],
  ['a deadlock', '40P01'],
  ['a statement timeout', '57014'],
])('%s is an outage, because the statement may succeed later', async (_, code) => {
  expect(isDatabaseOutage(await failureWith(code))).toBe(true)
})

test('a violated constraint is not an outage', async () => {
  expect(isDatabaseOutage(await failureWith('23505'))).toBe(false)
})
