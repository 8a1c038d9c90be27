import fc from 'fast-check'
import { expect, test } from 'vitest'
import { setAllocated } from '../../../domain/licenses/license-pools.ts'
import { anOrganization } from '../../builders/organization.ts'
import { tries } from '../../stack/extent.ts'
import { startApiForFile } from '../api-under-test.ts'
import { deviceCalls } from './device-calls.ts'

const api = await startApiForFile()
const calls = deviceCalls(api)

const limit = (organizationId: string, allocated: number | null) =>
  api.db.transaction().execute((transaction) => setAllocated(transaction, { organizationId, allocated }))

/** Counts the licenses of a pool in the tables, without the API. */
async function countRows(poolOrganizationId: string) {
  const rows = await api.db
    .selectFrom('license_assignments')
    .innerJoin('devices', 'devices.id', 'license_assignments.device_id')
    .select(['device_id', 'released_at', 'removed_at'])
    .where('pool_organization_id', '=', poolOrganizationId)
    .execute()
  // A device holds at most one license, and none after it is removed.
  const held = rows.filter(({ released_at }) => released_at === null)
  expect(new Set(held.map(({ device_id }) => device_id)).size).toBe(held.length)
  for (const { removed_at } of held) expect(removed_at).toBeNull()
  return { assigned: held.length, usedThisMonth: new Set(rows.map(({ device_id }) => device_id)).size }
}

test('Of 100 requests at once for the last license exactly one gets it', async () => {
  const account = await calls.anAccount({ licenses: 3 })
  await calls.add(account)
  await calls.add(account)
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, index) => calls.add(account, { name: `${index}` })),
  )
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
  expect(answers.filter(({ body }) => body.code === 'licenses_exhausted')).toHaveLength(99)
  expect(await calls.licensesOf(account)).toMatchObject({ allocated: 3, available: 0, assigned: 3 })
  expect(await countRows(account)).toEqual({ assigned: 3, usedThisMonth: 3 })
})

test('A limit that is lowered while devices are added never ends below the number of assigned licenses', async () => {
  const account = await calls.anAccount({ licenses: 30 })
  await Promise.all(
    Array.from({ length: 30 }, async (_, index) => {
      await calls.add(account)
      await limit(account, index)
    }),
  )
  const { allocated, assigned } = await calls.licensesOf(account)
  expect(Number(assigned)).toBeLessThanOrEqual(Number(allocated))
})

test('A limit can not be set below the number of assigned licenses, and a change returns the previous limit', async () => {
  const account = await calls.anAccount({ licenses: 5 })
  await calls.add(account)
  await calls.add(account)
  expect(await limit(account, 1)).toEqual({ changed: false, assigned: 2 })
  expect(await calls.licensesOf(account)).toMatchObject({ allocated: 5 })
  expect(await limit(account, 2)).toEqual({ changed: true, previous: 5 })
  expect(await limit(account, null)).toEqual({ changed: true, previous: 2 })
  expect(await limit(account, 2)).toEqual({ changed: true, previous: null })
  expect((await calls.add(account)).body.code).toBe('licenses_exhausted')
  await expect(limit(await calls.anAccount(), 1)).rejects.toThrow('no license pool')
})

const organization = fc.nat({ max: 3 })
const device = fc.nat({ max: 20 })
// Two ids only, so that devices meet.
const externalId = fc.constantFrom('one', 'two')
const action = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('add' as const), organization }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('add again' as const), organization, externalId }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('remove' as const), device }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('move' as const), device, externalId: fc.option(externalId) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('limit' as const), to: fc.nat(8) }) },
)
type Action = typeof action extends fc.Arbitrary<infer Value> ? Value : never

/** An example that random actions rarely make: a license is moved to a device that has one. */
const moveToExistingDevice: Action[][] = [
  [{ do: 'add again', organization: 0, externalId: 'one' }],
  [{ do: 'add again', organization: 0, externalId: 'two' }],
  [{ do: 'move', device: 0, externalId: 'two' }],
]

test('Any mix of device requests at once in an enterprise and its units keeps its licenses within the limit and counts them right', async () => {
  const seen = new Set<unknown>()
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(action, { minLength: 1, maxLength: 6 }), { minLength: 3, maxLength: 8 }),
      async (rounds) => {
        const enterprise = await calls.anAccount({ licenses: 5 }, 'enterprise')
        const unit = await anOrganization(api.db, enterprise, { type: 'unit' })
        const lower = await anOrganization(api.db, unit, { type: 'unit' })
        const other = await anOrganization(api.db, enterprise, { type: 'unit' })
        const organizations = [enterprise, unit, lower, other]
        const devices: unknown[] = []

        const carryOut = async (step: Action) => {
          if (step.do === 'limit') return limit(enterprise, step.to)
          if (step.do === 'add' || step.do === 'add again') {
            const known = step.do === 'add again' ? { externalId: step.externalId } : {}
            return calls.add(organizations[step.organization] ?? enterprise, { name: 'Any', ...known })
          }
          const id = devices[step.device % devices.length]
          if (id === undefined) return undefined
          if (step.do === 'remove') return calls.remove(id)
          return calls.move(id, {
            name: 'Moved',
            ...(step.externalId === null ? {} : { externalId: step.externalId }),
          })
        }

        for (const round of rounds) {
          for (const answer of await Promise.all(round.map(carryOut))) {
            if (answer === undefined || 'changed' in answer) continue
            seen.add(answer.body.code ?? answer.status)
            expect([200, 201, 204, 409]).toContain(answer.status)
            if (answer.status === 201) devices.push(answer.body.id)
          }
          const rows = await countRows(enterprise)
          for (const id of organizations) {
            const { allocated, assigned, available, usedThisMonth } = await calls.licensesOf(id)
            expect({ assigned, usedThisMonth }).toEqual(rows)
            expect(Number(allocated)).toBeGreaterThanOrEqual(rows.assigned)
            expect(available).toBe(Number(allocated) - rows.assigned)
          }
        }
      },
    ),
    { ...tries(25), examples: [[moveToExistingDevice]] },
  )
  // The property is worth little unless the generator reaches all of these answers.
  expect([...seen]).toEqual(
    expect.arrayContaining([200, 201, 204, 'licenses_exhausted', 'device_removed', 'device_exists']),
  )
})
