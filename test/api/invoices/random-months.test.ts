import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { reconcileMonth } from '../../../activities/reconciliation/reconcile-month.ts'
import { findBillable } from '../../../domain/billing/billable.ts'
import { monthOf, previousMonth } from '../../../domain/billing/months.ts'
import type { BilledUsage, Usage } from '../../../domain/billing/usage.ts'
import { findSubscription } from '../../../domain/plans/subscriptions.ts'
import { rounds } from '../../../workflows/contract.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { startEngineForFile } from '../../builders/engine-for-file.ts'
import { rowsOf } from '../../builders/rows.ts'
import { tries } from '../../stack/extent.ts'
import { memoryBilling } from '../../stack/memory-billing.ts'
import { endMonth } from './end-month.ts'
import { type MonthModel, newMonth } from './month-model.ts'

/** Answers each plan change with another id, as some providers do. */
const renewing = Object.assign(memoryBilling('renewing'), { renewsOnChange: true })
const providers = [renewing, memoryBilling('keeping')]
const { engine, api } = await startEngineForFile({ plugins: providers.map(({ plugin }) => plugin) })

const wait = { prefer: 'wait=20' }
const thisMonth = monthOf(new Date())
const lastMonth = previousMonth(thisMonth)

const fault = fc.constantFrom('none', 'none', 'none', 'down', 'lost', 'broken', 'refused', 'refused')
const anyWay = fc.constantFrom('write-off', 'hand-over', 'send again')
const adapter = fc.constantFrom('ledger', 'renewing', 'keeping')
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
  weighted(4, fc.record({ name: fc.constant('plan'), fault, way: anyWay })),
  weighted(
    4,
    fc.record({
      name: fc.constant('standing'),
      stop: fc.constantFrom('suspend', 'suspend', 'close'),
      fault,
      way: anyWay,
    }),
  ),
  weighted(2, fc.record({ name: fc.constant('switch'), adapter, fault, way: anyWay })),
  weighted(1, fc.record({ name: fc.constant('unit'), unit: fc.integer({ min: 1, max: 2 }) })),
  weighted(1, fc.record({ name: fc.constantFrom('write-off', 'hand-over') })),
)
type Change = typeof change extends fc.Arbitrary<infer Value> ? Value : never

const sequence = fc.record({
  adapter,
  kind: fc.constantFrom('trial' as const, 'trial' as const, 'purchased' as const),
  changes: fc.array(change, { minLength: 4, maxLength: 12 }),
})

test('a month is billed by the rule, in whatever order its account was changed', async () => {
  await fc.assert(
    fc.asyncProperty(sequence, async ({ kind, changes, ...first }) => {
      const places = await anEnterprise(kind, first.adapter)
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

      await endMonth(engine.db, account, lastMonth)
      const due = month.toBill()
      const credit = await creditedBesides(account)
      expect(add(add(await billed(account), await dryRun(account)), credit)).toEqual(due)
      await billLastMonth(account)
      expect(add(await billed(account), await creditedBesides(account))).toEqual(due)
      const statement = await api.get(`/v1/organizations/${account}/statements/${lastMonth}`)
      expect(statement.body.totals).toMatchObject({
        billed: due,
        unbilled: { trial: 0, purchased: 0 },
        writtenOff: month.writtenOff(),
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
  if (!('fault' in each)) return void (await resolveBill(account, month, each.name))
  const trouble = { month, fault: each.fault, way: each.way }
  if ('adapter' in each) {
    await completes(account, { plan: { kind: month.kind(), billingAdapter: each.adapter }, trouble })
  } else if ('stop' in each) {
    const action = month.isActive() ? each.stop : 'restore'
    if (await completes(account, { action, trouble })) month.setActive(action === 'restore')
  } else {
    const to = month.kind() === 'trial' ? 'purchased' : 'trial'
    if (await completes(account, { plan: { kind: to }, trouble })) month.changePlan(to)
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

/** Resolves the oldest open bill, if it can be resolved. @returns whether it was resolved. */
async function resolveBill(id: string, month: MonthModel, way: string): Promise<boolean> {
  const bill = (await api.get(`/v1/organizations/${id}/bills?status=open`)).body.items.at(-1)
  if (bill === undefined) return false
  const resolved = await api.post(`/v1/bills/${bill.id}/${way}`, { reason: 'It was refused.' })
  if (resolved.status !== 200 || way === 'hand-over') return resolved.status === 200
  const devices = await engine.db
    .selectFrom('billed_devices')
    .innerJoin('devices', 'devices.id', 'billed_devices.device_id')
    .select(['external_id', 'kind'])
    .where('bill_id', '=', bill.id)
    .execute()
  for (const { external_id, kind } of devices) month.writeOff(external_id ?? '', kind)
  return true
}

interface Trouble {
  month: MonthModel
  /**
   * `down`: the providers fail. `lost`: their next answer is lost. `broken`: both. A run that gets stuck by it is cancelled.
   * `refused`: they refuse usage. A run that gets stuck by it is retried after its bills were resolved, or sent again.
   */
  fault: string
  way: string
}

interface Request {
  action?: string
  plan?: object
  trouble?: Trouble
}

/** @returns whether the change was accepted and completed. */
async function completes(id: string, { action, plan, trouble }: Request): Promise<boolean> {
  for (const provider of providers) {
    if (trouble?.fault === 'down') provider.downFor.add(id)
    if (trouble?.fault === 'refused') provider.refused.add(id)
    provider.loseNextAnswer = trouble?.fault === 'lost'
    provider.breakAfterNextEffect = trouble?.fault === 'broken'
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
  const run = `/v1/operations/${answer.body.id}`
  if (answer.body.status === 'needs_attention') {
    if (trouble?.fault === 'refused') await retryWithout(id, run, trouble)
    else await api.post(`${run}/cancel`)
  }
  for (const { refused } of providers) refused.delete(id)
  if (answer.status >= 400) return false
  const read = async (): Promise<unknown> => (await api.get(run)).body.status
  await expect.poll(read).toMatch(/completed|cancelled|failed/)
  return (await read()) === 'completed'
}

/** Resolves the refused bills of a run, or lets the provider accept usage again, and retries the run. */
async function retryWithout(id: string, run: string, { month, way }: Trouble): Promise<void> {
  let isResolved = true
  for (const _ of (await api.get(`/v1/organizations/${id}/bills?status=open`)).body.items)
    isResolved &&= way !== 'send again' && (await resolveBill(id, month, way))
  if (!isResolved) for (const { refused } of providers) refused.delete(id)
  expect((await api.post(`${run}/retry`)).status).toBe(202)
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

/** What the providers were told, less credits. */
async function billed(id: string): Promise<Usage> {
  const bills = await rowsOf(engine.db, 'bills', { organization_id: id, status: 'billed' })
  return bills.map(net).reduce(add, { trial: 0, purchased: 0 })
}

/** The trial licenses that a bill credits although their bill was written off, less those that a written-off bill does not credit. */
async function creditedBesides(id: string): Promise<Usage> {
  const { rows } = await sql<Usage>`
    with claim as (
      select device_id, kind, status = 'written_off' as is_lost
      from billed_devices join bills on bills.id = bill_id where organization_id = ${id}
    )
    select (
        (select coalesce(sum(converted), 0) from bills where organization_id = ${id} and status in ('open', 'billed'))
        - count(*) filter (where not trial.is_lost)
      )::int as trial, 0 as purchased
    from claim as trial join claim as purchased using (device_id)
    where trial.kind = 'trial' and purchased.kind = 'purchased'
  `.execute(engine.db)
  return rows[0] ?? { trial: 0, purchased: 0 }
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
