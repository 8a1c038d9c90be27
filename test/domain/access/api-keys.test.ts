import { expect, test } from 'vitest'
import {
  createApiKey,
  ensureBootstrapKey,
  findCaller,
  generateApiKey,
  listApiKeys,
  revokeApiKey,
} from '../../../domain/access/api-keys.ts'
import { platformId } from '../../../domain/organizations/read-organizations.ts'
import { anOrganization } from '../../builders/organization.ts'
import { freshDatabaseForFile } from '../../stack/database.ts'

const { db } = await freshDatabaseForFile()

test('the bootstrap key keeps its id when it changes, also when two processes start at the same time', async () => {
  const [first, second] = [generateApiKey(), generateApiKey()]
  await Promise.all([ensureBootstrapKey(db, first), ensureBootstrapKey(db, first)])
  const before = await findCaller(db, first)
  await ensureBootstrapKey(db, second)
  expect(await findCaller(db, first)).toBeUndefined()
  expect(await findCaller(db, second)).toEqual(before)
})

test('only the hash of a key is stored, and a revoked key has no caller', async () => {
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
  const organizationId = await platformId(db)
  await expect(createApiKey(db, { name: 'p', role: 'partner', organizationId })).rejects.toThrow(/partner/)
})

test('the caller of a key has the path of its organization', async () => {
  const organizationId = await anOrganization(db, await platformId(db))
  const { id, key } = await createApiKey(db, { name: 'p', role: 'partner', organizationId })
  expect(await findCaller(db, key)).toEqual({
    apiKeyId: id,
    role: 'partner',
    organizationId,
    organizationStatus: 'active',
    path: `${await platformId(db)}/${organizationId}/`,
  })
})

test('a key is unique, has a prefix and 43 random characters', () => {
  const keys = Array.from({ length: 3 }, () => generateApiKey())
  expect(new Set(keys).size).toBe(3)
  for (const key of keys) expect(key).toMatch(/^tnt_[\w-]{43}$/)
})

test('a revoked bootstrap key stays revoked, also after another one took its place', async () => {
  const [first, second] = [generateApiKey(), generateApiKey()]
  expect(await ensureBootstrapKey(db, first)).toBe('valid')
  const caller = await findCaller(db, first)
  await revokeApiKey(db, caller?.apiKeyId ?? '')
  expect(await ensureBootstrapKey(db, first)).toBe('revoked')
  expect(await findCaller(db, first)).toBeUndefined()
  // Another key is a new key of the same row.
  expect(await ensureBootstrapKey(db, second)).toBe('valid')
  expect(await findCaller(db, second)).toEqual(caller)
  expect(await ensureBootstrapKey(db, first)).toBe('revoked')
  expect(await findCaller(db, first)).toBeUndefined()
  expect(await findCaller(db, second)).toEqual(caller)
})

test('a key is refused for the reserved name, an unknown organization and an organization of another type', async () => {
  const organizationId = await platformId(db)
  const customer = await anOrganization(db, organizationId, { type: 'customer' })
  const create = (key: Parameters<typeof createApiKey>[1]) => createApiKey(db, key)
  await expect(create({ name: 'bootstrap', role: 'platform', organizationId })).rejects.toThrow('reserved')
  await expect(create({ name: 'x', role: 'platform', organizationId: 'org_none' })).rejects.toThrow(
    'There is no organization org_none.',
  )
  for (const role of ['platform', 'partner'] as const)
    await expect(create({ name: 'x', role, organizationId: customer })).rejects.toThrow('is a customer')
})

test('revoking a key answers whether the key exists, and keeps the time of the first revocation', async () => {
  const { id } = await createApiKey(db, {
    name: 'gone',
    role: 'platform',
    organizationId: await platformId(db),
  })
  const find = async () => (await listApiKeys(db)).find((key) => key.id === id)
  expect(await find()).toMatchObject({ name: 'gone', role: 'platform', revoked_at: null })
  expect(await revokeApiKey(db, id)).toBe(true)
  const revokedAt = (await find())?.revoked_at
  expect(revokedAt).toEqual(expect.any(Date))
  expect(await revokeApiKey(db, id)).toBe(true)
  expect((await find())?.revoked_at).toEqual(revokedAt)
  expect(await revokeApiKey(db, 'key_none')).toBe(false)
})

test('the list of keys is in the order of creation and has no hashes', async () => {
  const keys = await listApiKeys(db)
  expect(keys.map(({ id }) => id)).toEqual(keys.map(({ id }) => id).toSorted())
  expect(Object.keys(keys[0] ?? {})).not.toContain('key_hash')
})
