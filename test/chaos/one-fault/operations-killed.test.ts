import { sql } from 'kysely'
import { beforeEach, describe, expect, test } from 'vitest'
import { findSubscription } from '../../../domain/plans/subscriptions.ts'
import { type BilledDeployment, createBilledDeployment } from './billed-deployment.ts'
import type { Boundary } from './gates.ts'

let billed: BilledDeployment
beforeEach(async () => {
  billed = await createBilledDeployment()
  await billed.deployment.api.start()
  return billed.stop
})

/** An operation, and the steps around which its worker is killed. */
interface KilledOperation {
  /** The plan of the account before the operation. */
  plan: Record<string, unknown>
  method: 'PUT' | 'POST'
  path: string
  body: unknown
  steps: string[]
  /** The number of subscriptions that the provider has ever opened for the account, after the operation. */
  opened: number
  /** The adapter that bills the account after the operation. */
  billedBy: 'http' | 'ledger' | 'none'
}

const limited = { kind: 'purchased', licenses: 3 }
const atProvider = { ...limited, billingAdapter: 'http' }
const atLedger = { ...limited, billingAdapter: 'ledger' }

const operations: KilledOperation[] = [
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
    billedBy: 'none',
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

test('if a worker is killed before or after an effect of an operation, the next one completes it, with each effect once', async () => {
  const { deployment, provider } = billed
  await deployment.worker.start()
  const accounts = await Promise.all(kills.map(({ plan }) => billed.addAccount(plan)))
  const cases = kills.map((kill, index) => ({ ...kill, id: accounts[index] ?? '' }))
  await Promise.all(
    cases.map(async ({ path, id }) => {
      if (path !== 'restore') return
      const wait = { prefer: 'wait=20' }
      expect((await deployment.send('POST', `/v1/organizations/${id}/suspend`, {}, wait)).status).toBe(200)
    }),
  )
  await deployment.worker.kill()

  const held = new Map<string, Boundary>()
  for (const { id, method, path, body, boundary } of cases) {
    const accepted = await deployment.send(method, `/v1/organizations/${id}/${path}`, body)
    expect(accepted.status).toBe(202)
    deployment.gates.hold(accepted.body.id, boundary)
    held.set(accepted.body.id, boundary)
  }
  await deployment.worker.start()
  await deployment.untilHeld(held)
  await deployment.replaceWorker()

  await billed.until([...held.keys()], 'completed')
  for (const { id, boundary, billedBy, opened } of cases) {
    expect({ boundary, ...(await openSubscriptions(id)), opened: provider.books.openedFor(id) }).toEqual({
      boundary,
      running: billedBy === 'none' ? [] : [{ by: billedBy, ...(await recordedSubscription(id)) }],
      opened,
    })
  }
})

describe('an accepted operation', () => {
  test('is completed after Temporal restarts, even if the API was killed in between', async () => {
    const { deployment, temporal } = billed
    await deployment.worker.start()
    const [first, second] = [await billed.addAccount(atProvider), await billed.addAccount(atProvider)]
    await temporal.kill()
    const raise = { kind: 'purchased', licenses: 9 }
    const raised = await deployment.send('PUT', `/v1/organizations/${first}/plan`, raise)
    await deployment.api.kill()
    await deployment.api.start()
    const suspended = await deployment.send('POST', `/v1/organizations/${second}/suspend`, {})
    expect([raised.status, suspended.status]).toEqual([202, 202])
    expect((await deployment.send('GET', `/v1/operations/${raised.body.id}`)).body.status).toBe('accepted')
    await temporal.restart()

    await billed.until([raised.body.id, suspended.body.id], 'completed')
    expect(await openSubscriptions(first)).toEqual({
      running: [{ by: 'http', ...(await recordedSubscription(first)) }],
    })
    expect(await openSubscriptions(second)).toEqual({ running: [] })
  })
})

/** @returns the subscription of the account in our tables. */
async function recordedSubscription(
  id: string,
): Promise<{ externalId: string | undefined; kind: string | undefined }> {
  const found = await findSubscription(billed.db, id)
  expect(found?.status).toBe('active')
  return { externalId: found?.terms.subscriptionExternalId, kind: found?.terms.kind }
}

/** @returns the open subscriptions of the account at the providers. */
async function openSubscriptions(id: string) {
  const { rows } = await sql<{ externalId: string; kind: string }>`
    select id as "externalId", plan ->> 'kind' as kind from ledger_records
    where organization_id = ${id} and kind = 'subscription' and cancelled_at is null
  `.execute(billed.db)
  return {
    running: [
      ...billed.provider.books.runningOf(id).map((each) => ({ by: 'http', ...each })),
      ...rows.map((each) => ({ by: 'ledger', ...each })),
    ],
  }
}
