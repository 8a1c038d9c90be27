import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { reconcileMonth } from '../../../activities/reconciliation/reconcile-month.ts'
import { findBillable } from '../../../domain/billing/billable.ts'
import { monthBounds, monthOf, previousMonth } from '../../../domain/billing/months.ts'
import type { BilledUsage, Usage } from '../../../domain/billing/usage.ts'
import { findSubscription } from '../../../domain/plans/subscriptions.ts'
import { rounds } from '../../../workflows/contract.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { startEngineForFile } from '../../builders/engine-for-file.ts'
import { rowsOf } from '../../builders/rows.ts'
import { tries } from '../../stack/extent.ts'
import { memoryBilling } from '../../stack/memory-billing.ts'
import { type MonthModel, newMonth } from './month-model.ts'

/** Answers each plan change with another id, as some providers do. */
const renewing = Object.assign(memoryBilling('renewing'), { renewsOnChange: true })
const providers = [renewing, memoryBilling('keeping')]
const { engine, api } = await startEngineForFile({ plugins: providers.map(({ plugin }) => plugin) })

const wait = { prefer: 'wait=20' }
const thisMonth = monthOf(new Date())
const lastMonth = previousMonth(thisMonth)
const adapters = ['ledger', 'renewing', 'keeping']

const fault = fc.constantFrom('none', 'none', 'none', 'down', 'lost', 'broken')
const place = fc.integer({ min: 0, max: 2 })
const weighted = <Value>(weight: number, arbitrary: fc.Arbitrary<Value>) => ({ weight, arbitrary })
/**
 * One change of an account. The place 0 is the account itself, and 1 and 2 are its units. The plan is converted or taken back, and
 * the account or the unit stopped or restored, whichever is possible, so that few changes are refused.
 */
const change = fc.oneof(
  weighted(
    3,
    fc.record({ name: fc.constantFrom('add', 'add', 'remove', 'exchange'), device: fc.nat(5), place }),
  ),
  weighted(4, fc.record({ name: fc.constant('plan'), fault })),
  weighted(
    4,
    fc.record({ name: fc.constant('standing'), stop: fc.constantFrom('suspend', 'suspend', 'close'), fault }),
  ),
  weighted(1, fc.record({ name: fc.constant('switch'), adapter: fc.constantFrom(...adapters), fault })),
  weighted(1, fc.record({ name: fc.constant('unit'), unit: fc.integer({ min: 1, max: 2 }) })),
)
type Change = typeof change extends fc.Arbitrary<infer Value> ? Value : never

const sequence = fc.record({
  adapter: fc.constantFrom(...adapters),
  kind: fc.constantFrom('trial' as const, 'trial' as const, 'purchased' as const),
  changes: fc.array(change, { minLength: 4, maxLength: 12 }),
})

test('a month is billed by the rule, in whatever order its account was changed', async () => {
  await fc.assert(
    fc.asyncProperty(sequence, async ({ adapter, kind, changes }) => {
      const places = await anEnterprise(kind, adapter)
      const [account = ''] = places
      const month = newMonth(kind)
      for (const index of [0, 1]) await carryOut(places, month, { name: 'add', device: index, place: index })
      for (const each of changes) {
        await carryOut(places, month, each)
        await expectOneSubscription(account)
      }
      const { findings } = await reconcileMonth(
        { db: engine.db, billing: engine.registry.billing },
        thisMonth,
      )
      expect(findings.filter(({ organizationId }) => organizationId === account)).toEqual([])

      await endMonth(account)
      expect(add(await billed(account), await dryRun(account))).toEqual(month.counted())
      await billLastMonth(account)
      expect(await billed(account)).toEqual(month.counted())
      const statement = await api.get(`/v1/organizations/${account}/statements/${lastMonth}`)
      const none = { trial: 0, purchased: 0 }
      expect(statement.body.totals).toMatchObject({
        billed: month.counted(),
        unbilled: none,
        writtenOff: none,
      })
    }),
    tries(48),
  )
}, 600_000)

/** @returns the ids of the enterprise and of its two units. */
async function anEnterprise(kind: string, billingAdapter: string): Promise<string[]> {
  const { body } = await api.addAccount(anAccountBody({ type: 'enterprise', plan: { kind, billingAdapter } }))
  const id: string = body.organizationId
  const places = [id]
  for (const name of ['North', 'South']) {
    const { plan: _, ...unit } = anAccountBody({ type: 'unit', name })
    const added = await api.post(`/v1/organizations/${id}/accounts`, unit, wait)
    places.push(added.body.organizationId)
  }
  return places
}

async function carryOut(places: string[], month: MonthModel, each: Change): Promise<void> {
  const [account = ''] = places
  if ('device' in each) return changeDevices(places, month, each)
  if ('unit' in each) {
    const unit = places[each.unit] ?? ''
    if (month.isUnitActive(each.unit)) {
      if (await completes(unit, { action: 'suspend' })) month.suspendUnit(each.unit)
    } else if (await completes(unit, { action: 'restore' })) {
      month.restoreUnit(each.unit)
    }
    return
  }
  const { fault: wanted } = each
  if ('adapter' in each) {
    await completes(account, { plan: { kind: month.kind(), billingAdapter: each.adapter }, fault: wanted })
  } else if ('stop' in each) {
    const action = month.isActive() ? each.stop : 'restore'
    if (await completes(account, { action, fault: wanted })) month.setActive(action === 'restore')
  } else {
    const to = month.kind() === 'trial' ? 'purchased' : 'trial'
    if (await completes(account, { plan: { kind: to }, fault: wanted })) month.changePlan(to)
  }
}

async function changeDevices(
  places: string[],
  month: MonthModel,
  { name, device, place: index }: Extract<Change, { device: number }>,
): Promise<void> {
  const externalId = `device ${device}`
  if (name === 'add') {
    if (month.isHeld(externalId)) return
    const added = await api.post(`/v1/organizations/${places[index]}/devices`, { name: 'Laptop', externalId })
    if (added.status === 201) month.add(externalId, index)
    return
  }
  const held = month.heldDevices()
  const old = held[device % held.length]
  if (old === undefined) return
  const [row] = (await rowsOf(engine.db, 'devices', { external_id: old })).filter(
    ({ organization_id, removed_at }) => places.includes(organization_id) && removed_at === null,
  )
  const at = places.indexOf(row?.organization_id ?? '')
  if (name === 'remove') {
    expect((await api.send('DELETE', `/v1/devices/${row?.id}`)).status).toBe(204)
    return month.remove(old)
  }
  const successor = `successor ${randomUUID()}`
  const moved = await api.post(`/v1/devices/${row?.id}/move`, { name: 'Laptop', externalId: successor })
  if (moved.status !== 201) return
  month.remove(old)
  month.add(successor, at)
}

interface Request {
  action?: string
  plan?: object
  /** `down`: the providers fail. `lost`: their next answer is lost. `broken`: both. A run that gets stuck by it is cancelled. */
  fault?: string
}

/** @returns whether the change was accepted and completed. */
async function completes(id: string, { action, plan, fault: wanted }: Request): Promise<boolean> {
  for (const provider of providers) {
    if (wanted === 'down') provider.downFor.add(id)
    provider.loseNextAnswer = wanted === 'lost'
    provider.breakAfterNextEffect = wanted === 'broken'
  }
  const path = `/v1/organizations/${id}`
  const answer =
    plan === undefined
      ? await api.post(`${path}/${action}`, {}, wait)
      : await api.put(`${path}/plan`, plan, wait)
  for (const provider of providers) {
    provider.downFor.delete(id)
    provider.loseNextAnswer = false
    provider.breakAfterNextEffect = false
  }
  if (answer.status >= 400) return false
  const run = `/v1/operations/${answer.body.id}`
  if (answer.body.status === 'needs_attention') await api.post(`${run}/cancel`)
  const read = async (): Promise<unknown> => (await api.get(run)).body.status
  await expect.poll(read).toMatch(/completed|cancelled|failed/)
  return (await read()) === 'completed'
}

/** Expects that the providers have no open subscription of the account but the one on record, and that one while it is billed. */
async function expectOneSubscription(id: string): Promise<void> {
  const inMemory = providers.flatMap(({ subscriptions }) =>
    [...subscriptions]
      .filter(([, one]) => one.organizationId === id && one.status === 'open')
      .map(([key]) => key),
  )
  const inLedger = await rowsOf(engine.db, 'ledger_records', { organization_id: id, kind: 'subscription' })
  const open = inLedger.filter(({ cancelled_at }) => cancelled_at === null).map((record) => record.id)
  const { status, terms } = (await findSubscription(engine.db, id)) ?? {}
  const isBilled = status === 'active' || status === 'expired'
  expect([...inMemory, ...open]).toEqual(isBilled ? [terms?.subscriptionExternalId] : [])
}

/** Moves all that happened to the account to the middle of the last month. */
async function endMonth(id: string): Promise<void> {
  const middle = monthBounds(lastMonth).from.getTime() + 15 * 24 * 3_600_000
  const past = (column: string) =>
    sql`${sql.ref(column)} - make_interval(secs => ${(Date.now() - middle) / 1_000})`
  const own = sql`organization_id = ${id}`
  const inPool = sql`pool_organization_id = ${id}`
  const below = sql`organization_id in (select id from organizations where path like ${`%${id}%`})`
  await engine.db.transaction().execute(async (transaction) => {
    for (const statement of [
      sql`update plan_periods set starts_at = ${past('starts_at')}, ends_at = ${past('ends_at')} where ${own}`,
      sql`update license_assignments set assigned_at = ${past('assigned_at')}, released_at = ${past('released_at')}
        where ${inPool}`,
      sql`update inactive_periods set starts_at = ${past('starts_at')}, ends_at = ${past('ends_at')} where ${below}`,
      sql`update billed_devices set month = ${lastMonth} where bill_id in (select id from bills where ${own})`,
      sql`update bills set month = ${lastMonth}, opened_at = ${past('opened_at')} where ${own}`,
    ])
      await statement.execute(transaction)
  })
}

/** Runs a billing round, and cancels no run: each has to complete. */
async function billLastMonth(id: string): Promise<void> {
  await engine.client.workflow.execute(rounds.billing.workflowType, {
    workflowId: randomUUID(),
    taskQueue: engine.taskQueue,
    args: [{ month: lastMonth }],
  })
  const runs = async () => (await api.get(`/v1/operations?organizationId=${id}&kind=bill-account`)).body.items
  const open = async () => (await runs()).filter(({ status }: { status: string }) => status !== 'completed')
  await expect.poll(open).toEqual([])
}

/** What the providers were told, less what they were told to credit. */
async function billed(id: string): Promise<Usage> {
  const bills = await rowsOf(engine.db, 'bills', { organization_id: id, status: 'billed' })
  return bills.map(net).reduce(add, { trial: 0, purchased: 0 })
}

async function dryRun(id: string): Promise<Usage> {
  const due = await findBillable(engine.db, lastMonth, { limit: 500 })
  const own = due.filter(({ organizationId }) => organizationId === id)
  return own.map(({ usage }) => net(usage)).reduce(add, { trial: 0, purchased: 0 })
}

function net({ trial, purchased, converted }: BilledUsage): Usage {
  return { trial: trial - converted, purchased }
}

function add(one: Usage, other: Usage): Usage {
  return { trial: one.trial + other.trial, purchased: one.purchased + other.purchased }
}
