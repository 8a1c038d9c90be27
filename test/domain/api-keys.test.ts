import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  createApiKey,
  ensureBootstrapKey,
  findCaller,
  generateApiKey,
  revokeApiKey,
} from '../../domain/api-keys.ts'
import { platformId } from '../../domain/organizations.ts'
import { freshDatabase, type TestDatabase } from '../stack/database.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database.drop())

test('the bootstrap key keeps its identity when it changes, even when processes start at once', async () => {
  const { db } = database
  const [first, second] = [generateApiKey(), generateApiKey()]
  await Promise.all([ensureBootstrapKey(db, first), ensureBootstrapKey(db, first)])
  const before = await findCaller(db, first)
  await ensureBootstrapKey(db, second)
  expect(await findCaller(db, first)).toBeUndefined()
  expect(await findCaller(db, second)).toEqual(before)
})

test('only a hash of a key is stored, and a revoked key is nobody', async () => {
  const { db } = database
  const { id, key } = await createApiKey(db, {
    name: 'crm',
    role: 'platform',
    organizationId: await platformId(db),
  })
  const stored = await db.selectFrom('api_keys').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
  expect(JSON.stringify(stored)).not.toContain(key)
  expect(await findCaller(db, key)).toMatchObject({ apiKeyId: id, role: 'platform' })
  await revokeApiKey(db, id)
  expect(await findCaller(db, key)).toBeUndefined()
})

test('a partner key can not belong to the platform', async () => {
  const organizationId = await platformId(database.db)
  await expect(createApiKey(database.db, { name: 'p', role: 'partner', organizationId })).rejects.toThrow(
    /partner/,
  )
})
