import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { reconcileMonth } from '../../../activities/reconciliation/reconcile-month.ts'
import { monthBounds, monthOf, previousMonth } from '../../../domain/billing/months.ts'
import { http } from '../../../plugins/http/plugin.ts'
import { ledger } from '../../../plugins/ledger/plugin.ts'
import { createRegistry } from '../../../plugins/registry.ts'
import { aLicenseUse } from '../../builders/license-use.ts'
import { providerSecret } from '../../plugins/http/billing-provider.ts'
import { type BilledDeployment, createBilledDeployment } from './billed-deployment.ts'
import type { Boundary } from './gates.ts'

const month = previousMonth(monthOf(new Date()))
const { from } = monthBounds(month)

let billed: BilledDeployment
beforeEach(async () => {
  billed = await createBilledDeployment()
})
afterEach(() => billed.stop())

/** Where workers die: in these, an account each of the ledger and of the provider. */
const moments: Boundary[] = [
  'before open-bills',
  'after open-bills',
  'before report-usage',
  'after report-usage',
]

test('a round whose workers are killed, and that is run again meanwhile, bills each account once', async () => {
  const { deployment, db, provider, temporal } = billed
  await deployment.api.start()
  await deployment.worker.start()
  const accounts = await addAccounts(12)
  const adapterOf = new Map(accounts.map((id, index) => [id, index % 2 === 0 ? 'ledger' : 'http']))
  const down = accounts.filter((id) => adapterOf.get(id) === 'http').at(-1) ?? ''
  provider.behave(({ operation, data }) =>
    operation === 'reportUsage' && data.subscription.organizationId === down ? 'down' : undefined,
  )

  // In the middle of a round: some are accepted and not started, one is being accepted, the others are not known.
  const release = await keepFromBeingAccepted(accounts[6])
  await billed.startRound(month)
  await expect.poll(acceptedRuns).toHaveLength(6)
  await untilKeptWaiting()
  await deployment.worker.kill()
  await release()
  // The database still carries out what it was asked for, and nobody hears of it.
  await expect.poll(acceptedRuns).toHaveLength(7)

  // The first are started now, and held. Another round has accepted the others when its worker dies before it can say so.
  const first = await holdAtMoments(await acceptedRuns(), new Map())
  const releaseLast = await keepFromBeingAccepted(accounts.at(-1))
  await billed.startRound(month)
  await deployment.worker.start()
  await billed.untilHeld(first)
  await expect.poll(acceptedRuns).toHaveLength(11)
  await untilKeptWaiting()
  temporal.freeze()
  await releaseLast()
  await expect.poll(acceptedRuns).toHaveLength(12)
  await deployment.worker.kill()
  const all = await holdAtMoments(await acceptedRuns(), first)
  temporal.thaw()

  // All are where a worker must not die, and it dies there. Meanwhile people run the round again, twice.
  await Promise.all([billed.startRound(month), billed.startRound(month)])
  await deployment.worker.start()
  await billed.untilHeld(all)
  await deployment.worker.kill()
  deployment.gates.open()
  await deployment.worker.start()

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

  // By our own count, by the provider's, and by both together.
  expect(await acceptedRuns()).toHaveLength(12)
  const bills = await db.selectFrom('bills').selectAll().where('month', '=', month).execute()
  expect(bills.map((bill) => `${bill.organization_id} ${bill.purchased}`).sort()).toEqual(
    accounts.map((id, index) => `${id} ${1 + (index % 3)}`).sort(),
  )
  const told = provider.books.reported().map(({ subscription }) => subscription)
  const expected = bills
    .filter((bill) => bill.billing_adapter === 'http')
    .map((bill) => bill.external_subscription_id)
  expect(told.sort()).toEqual(expected.sort())
  expect(await findings()).toEqual([])
  for (const adapter of ['ledger', 'http']) {
    const numbers = (await issued(adapter)).map(({ number }) => Number(/\d+$/.exec(number)?.[0]))
    expect(numbers.sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6])
  }
})

/** Accounts of the ledger and the provider in turn, in the order of a round, each with one to three devices in the month. */
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

/** Whoever accepts a run for the account waits, until it is released. */
async function keepFromBeingAccepted(id: string | undefined): Promise<() => Promise<void>> {
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

/** Until somebody has asked Postgres to accept the run, and waits. */
async function untilKeptWaiting(): Promise<void> {
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

/** Holds those that are new, two at each moment in turn. */
async function holdAtMoments(
  runs: { id: string }[],
  known: ReadonlyMap<string, Boundary>,
): Promise<Map<string, Boundary>> {
  const all = new Map(known)
  for (const { id } of runs) {
    const boundary = moments[Math.floor(all.size / 2) % moments.length]
    if (all.has(id) || boundary === undefined) continue
    billed.deployment.gates.hold(id, boundary)
    all.set(id, boundary)
  }
  return all
}

/** How our numbers differ from the providers', asked as a person would ask. */
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
