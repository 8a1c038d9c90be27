import { sql } from 'kysely'
import { afterAll, expect, test } from 'vitest'
import { reconcileMonth } from '../../../activities/reconciliation/reconcile-month.ts'
import { monthBounds, monthOf, previousMonth } from '../../../domain/billing/months.ts'
import { http } from '../../../plugins/http/plugin.ts'
import { ledger } from '../../../plugins/ledger/plugin.ts'
import { createRegistry } from '../../../plugins/registry.ts'
import { aLicenseUse } from '../../builders/license-use.ts'
import { providerSecret } from '../../plugins/http/billing-provider.ts'
import { createBilledDeployment } from './billed-deployment.ts'
import type { Boundary } from './gates.ts'

const month = previousMonth(monthOf(new Date()))
const { from } = monthBounds(month)

const billed = await createBilledDeployment()
afterAll(() => billed.stop())

/** The boundaries at which the worker is killed, each with one account of the ledger and one of the provider. */
const boundaries: Boundary[] = [
  'before open-bills',
  'after open-bills',
  'before report-usage',
  'after report-usage',
]

test('a billing round bills each account once, even if its workers are killed and more rounds are started', async () => {
  const { deployment, db, provider, temporal } = billed
  await deployment.api.start()
  await deployment.worker.start()
  const accounts = await addAccounts(12)
  const adapterOf = new Map(accounts.map((id, index) => [id, index % 2 === 0 ? 'ledger' : 'http']))
  const down = accounts.filter((id) => adapterOf.get(id) === 'http').at(-1) ?? ''
  provider.behave(({ operation, data }) =>
    operation === 'reportUsage' && data.subscription.organizationId === down ? 'down' : undefined,
  )

  // The worker is killed during a round: six runs are accepted and not started, and the seventh is being accepted.
  const release = await lockOrganization(accounts[6])
  await billed.startRound(month)
  await expect.poll(acceptedRuns).toHaveLength(6)
  await untilStatementWaits()
  await deployment.worker.kill()
  await release()
  // Postgres still carries out the statement of the killed worker.
  await expect.poll(acceptedRuns).toHaveLength(7)

  // The next worker starts these runs, which are held. A second round accepts the others, and its worker is killed before
  // it can report that to Temporal.
  const first = await holdAtBoundaries(await acceptedRuns(), new Map())
  const releaseLast = await lockOrganization(accounts.at(-1))
  await billed.startRound(month)
  await deployment.worker.start()
  await deployment.untilHeld(first)
  await expect.poll(acceptedRuns).toHaveLength(11)
  await untilStatementWaits()
  temporal.freeze()
  await releaseLast()
  await expect.poll(acceptedRuns).toHaveLength(12)
  await deployment.worker.kill()
  const all = await holdAtBoundaries(await acceptedRuns(), first)
  temporal.thaw()

  // The worker is killed while each run is held at a boundary, and two more rounds are started.
  await Promise.all([billed.startRound(month), billed.startRound(month)])
  await deployment.worker.start()
  await deployment.untilHeld(all)
  await deployment.replaceWorker()

  const runs = await acceptedRuns()
  const stuck = runs.filter((run) => run.organizationId === down).map(({ id }) => id)
  await billed.until(
    runs.map(({ id }) => id).filter((id) => !stuck.includes(id)),
    'completed',
  )
  await billed.until(stuck, 'needs_attention')
  expect(await findings()).toEqual([])
  expect(await issued('http')).toHaveLength(5)

  provider.behave(() => undefined)
  await (await billed.startRound(month)).result()
  for (const id of stuck) await deployment.send('POST', `/v1/operations/${id}/retry`, {})
  await billed.until(stuck, 'completed')

  // Our tables, the records of the provider and the reconciliation agree.
  expect(await acceptedRuns()).toHaveLength(12)
  const bills = await db.selectFrom('bills').selectAll().where('month', '=', month).execute()
  expect(bills.map((bill) => `${bill.organization_id} ${bill.purchased}`).sort()).toEqual(
    accounts.map((id, index) => `${id} ${1 + (index % 3)}`).sort(),
  )
  const reported = provider.books.reported().map(({ subscription }) => subscription)
  const expected = bills
    .filter((bill) => bill.billing_adapter === 'http')
    .map((bill) => bill.external_subscription_id)
  expect(reported.sort()).toEqual(expected.sort())
  expect(await findings()).toEqual([])
  for (const adapter of ['ledger', 'http']) {
    const numbers = (await issued(adapter)).map(({ number }) => Number(/\d+$/.exec(number)?.[0]))
    expect(numbers.sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6])
  }
})

/** Adds accounts in the order of a round, billed by the ledger and the provider in turn, with one to three devices each. */
async function addAccounts(count: number): Promise<string[]> {
  const ids: string[] = []
  for (let index = 0; index < count; index++) {
    const id = await billed.addAccount({
      kind: 'purchased',
      billingAdapter: index % 2 === 0 ? 'ledger' : 'http',
    })
    for (let device = 0; device <= index % 3; device++)
      await aLicenseUse(billed.db, id, { from: from.toISOString() })
    ids.push(id)
  }
  await billed.db.updateTable('plan_periods').set({ starts_at: from }).execute()
  return ids
}

/** Locks the row of the organization, so that accepting a run for it waits. @returns a function that ends the lock. */
async function lockOrganization(id: string | undefined): Promise<() => Promise<void>> {
  const locked = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  const holding = billed.db.transaction().execute(async (transaction) => {
    await transaction
      .selectFrom('organizations')
      .select('id')
      .where('id', '=', id ?? '')
      .forUpdate()
      .executeTakeFirstOrThrow()
    locked.resolve()
    await released.promise
  })
  await locked.promise
  return async () => {
    released.resolve()
    await holding
  }
}

/** Waits until a statement waits for the lock. */
async function untilStatementWaits(): Promise<void> {
  await expect.poll(countWaiting).toBeGreaterThan(0)
}

async function countWaiting(): Promise<number | undefined> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
  `.execute(billed.db)
  return rows[0]?.count
}

function acceptedRuns(): Promise<{ id: string; organizationId: string | null }[]> {
  return billed.db
    .selectFrom('runs')
    .select(['id', 'organization_id as organizationId'])
    .where('kind', '=', 'bill-account')
    .orderBy('organization_id')
    .execute()
}

/** Holds the runs that are not in `known`, two at each boundary in turn. @returns all held runs with their boundaries. */
async function holdAtBoundaries(
  runs: { id: string }[],
  known: ReadonlyMap<string, Boundary>,
): Promise<Map<string, Boundary>> {
  const all = new Map(known)
  for (const { id } of runs) {
    const boundary = boundaries[Math.floor(all.size / 2) % boundaries.length]
    if (all.has(id) || boundary === undefined) continue
    billed.deployment.gates.hold(id, boundary)
    all.set(id, boundary)
  }
  return all
}

/** @returns the differences that the reconciliation of the month finds. */
async function findings(): Promise<unknown[]> {
  const { db, provider } = billed
  const { billing } = createRegistry([
    ledger({ db, prices: { currency: 'USD', purchased: 500, trial: 0 } }),
    http({ url: provider.url, secret: providerSecret }),
  ])
  return (await reconcileMonth({ db, billing }, month)).findings
}

function issued(adapter: string): Promise<{ number: string }[]> {
  return billed.db
    .selectFrom('invoices')
    .select('number')
    .where('billing_adapter', '=', adapter)
    .where('kind', '=', 'invoice')
    .execute()
}
