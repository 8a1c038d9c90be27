import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { findSubscription } from '../../../domain/plans/subscriptions.ts'
import { type BilledDeployment, createBilledDeployment } from './billed-deployment.ts'
import type { Boundary } from './gates.ts'

let billed: BilledDeployment
beforeEach(async () => {
  billed = await createBilledDeployment()
  await billed.deployment.api.start()
})
afterEach(() => billed.stop())

/** An operation, the account that it begins with, and the steps around which its worker is killed. */
interface Killed {
  plan: Record<string, unknown>
  method: 'PUT' | 'POST'
  path: string
  body: unknown
  steps: string[]
  /** How many subscriptions its provider has ever opened for the account once it is done. */
  opened: number
  /** Who bills it then. */
  billedBy: 'http' | 'ledger' | 'nobody'
}

const limited = { kind: 'purchased', licenses: 3 }
const atProvider = { ...limited, billingAdapter: 'http' }
const atLedger = { ...limited, billingAdapter: 'ledger' }

const operations: Killed[] = [
  {
    plan: { kind: 'trial', licenses: 3, billingAdapter: 'http' },
    method: 'PUT',
    path: 'plan',
    body: { kind: 'purchased', licenses: 9 },
    steps: ['change-plan-at-provider', 'apply-plan'],
    opened: 1,
    billedBy: 'http',
  },
  {
    plan: atLedger,
    method: 'PUT',
    path: 'plan',
    body: atProvider,
    steps: ['open-at-new-adapter', 'verify-new-adapter', 'activate-new-adapter'],
    opened: 1,
    billedBy: 'http',
  },
  {
    plan: atProvider,
    method: 'PUT',
    path: 'plan',
    body: atLedger,
    steps: ['open-at-new-adapter', 'stop-billing'],
    opened: 1,
    billedBy: 'ledger',
  },
  {
    plan: atProvider,
    method: 'POST',
    path: 'suspend',
    body: {},
    steps: ['suspend-organizations', 'stop-billing'],
    opened: 1,
    billedBy: 'nobody',
  },
  {
    plan: atProvider,
    method: 'POST',
    path: 'restore',
    body: {},
    steps: ['reopen-billing', 'restore-organizations'],
    opened: 2,
    billedBy: 'http',
  },
]

const kills = operations.flatMap((operation) =>
  operation.steps.flatMap((step) =>
    (['before', 'after'] as const).map((moment) => ({
      ...operation,
      boundary: `${moment} ${step}` satisfies Boundary,
    })),
  ),
)

test('an operation whose worker is killed around any of its effects is finished by the next one, once', async () => {
  const { deployment, provider } = billed
  await deployment.worker.start()
  const accounts = await Promise.all(kills.map(({ plan }) => billed.addAccount(plan)))
  const of = kills.map((kill, index) => ({ ...kill, id: accounts[index] ?? '' }))
  await Promise.all(
    of.map(async ({ path, id }) => {
      if (path !== 'restore') return
      const wait = { prefer: 'wait=20' }
      expect((await deployment.send('POST', `/v1/organizations/${id}/suspend`, {}, wait)).status).toBe(200)
    }),
  )
  await deployment.worker.kill()

  const held = new Map<string, Boundary>()
  for (const { id, method, path, body, boundary } of of) {
    const asked = await deployment.send(method, `/v1/organizations/${id}/${path}`, body)
    expect(asked.status).toBe(202)
    deployment.gates.hold(asked.body.id, boundary)
    held.set(asked.body.id, boundary)
  }
  await deployment.worker.start()
  await billed.untilHeld(held)
  await deployment.worker.kill()
  deployment.gates.open()
  await deployment.worker.start()

  await billed.until([...held.keys()], 'completed')
  for (const { id, boundary, billedBy, opened } of of) {
    expect({ boundary, ...(await billing(id)), opened: provider.books.openedFor(id) }).toEqual({
      boundary,
      running: billedBy === 'nobody' ? [] : [{ by: billedBy, ...(await ours(id)) }],
      opened,
    })
  }
})

describe('an operation that was accepted', () => {
  test('while Temporal is away is carried out once it is back, also when the API is killed right after', async () => {
    const { deployment, temporal } = billed
    await deployment.worker.start()
    const [first, second] = [await billed.addAccount(atProvider), await billed.addAccount(atProvider)]
    await temporal.kill()
    const raise = { kind: 'purchased', licenses: 9 }
    const one = await deployment.send('PUT', `/v1/organizations/${first}/plan`, raise)
    await deployment.api.kill()
    await deployment.api.start()
    const other = await deployment.send('POST', `/v1/organizations/${second}/suspend`, {})
    expect([one.status, other.status]).toEqual([202, 202])
    expect((await deployment.send('GET', `/v1/operations/${one.body.id}`)).body.status).toBe('accepted')
    await temporal.restart()

    await billed.until([one.body.id, other.body.id], 'completed')
    expect(await billing(first)).toEqual({ running: [{ by: 'http', ...(await ours(first)) }] })
    expect(await billing(second)).toEqual({ running: [] })
  })
})

/** What we have on record as billed. */
async function ours(id: string): Promise<{ externalId: string | undefined; kind: string | undefined }> {
  const found = await findSubscription(billed.db, id)
  expect(found?.status).toBe('active')
  return { externalId: found?.terms.subscriptionExternalId, kind: found?.terms.kind }
}

/** What the account is billed for, as those who bill it say. */
async function billing(id: string) {
  const { rows } = await sql<{ externalId: string; kind: string }>`
    select id as "externalId", plan ->> 'kind' as kind from ledger_records
    where organization_id = ${id} and kind = 'subscription' and cancelled_at is null
  `.execute(billed.db)
  return {
    running: [
      ...billed.provider.books.runningOf(id).map((one) => ({ by: 'http', ...one })),
      ...rows.map((one) => ({ by: 'ledger', ...one })),
    ],
  }
}
