import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { lockLicensePool } from '../../../domain/licenses/license-pools.ts'
import { rounds } from '../../../workflows/contract.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { startEngineForFile } from '../../builders/engine-for-file.ts'
import { aLicenseUse } from '../../builders/license-use.ts'
import type { Engine } from '../../stack/engine.ts'
import { memoryBilling } from '../../stack/memory-billing.ts'
import { changeRows, rowsOf } from '../../builders/rows.ts'

const provider = memoryBilling()

const { engine, api } = await startEngineForFile({ plugins: [provider.plugin] })

const wait = { prefer: 'wait=20' }
const month = '2026-10'

/** Adds an account with a purchased plan since September, and this many devices since October 10. */
async function account(devices: number, plan: Record<string, unknown> = {}): Promise<string> {
  const { body } = await api.addAccount(anAccountBody({ plan: { kind: 'purchased', ...plan } }))
  const id: string = body.organizationId
  const since = { starts_at: new Date('2026-09-01') }
  await changeRows(engine.db, 'plan_periods', { organization_id: id }, since)
  await use(id, devices, '2026-10-10')
  return id
}

async function use(id: string, devices: number, from: string): Promise<void> {
  for (let device = 0; device < devices; device++) await aLicenseUse(engine.db, id, { from })
}

function round(input: Record<string, unknown> = { month }): Promise<unknown> {
  return engine.client.workflow.execute(rounds.billing.workflowType, {
    workflowId: randomUUID(),
    taskQueue: engine.taskQueue,
    args: [input],
  })
}

async function billRunsOf(id: string, count: number, status = 'completed') {
  const read = async () =>
    (await api.get(`/v1/operations?organizationId=${id}&kind=bill-account&status=${status}`)).body.items
  await expect.poll(read).toHaveLength(count)
  return read()
}

async function untilOneWaitsForALock(db: Engine['db']): Promise<void> {
  const waiting = async () => {
    const { rows } = await sql`
      select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
    `.execute(db)
    return rows.length
  }
  await expect.poll(waiting).toBeGreaterThan(0)
}

const invoicesOf = async (id: string) => (await api.get(`/v1/organizations/${id}/invoices`)).body.items
const billsOf = (id: string) => rowsOf(engine.db, 'bills', { organization_id: id })

describe('Billing rounds', () => {
  test('Several billing rounds of one month bill the usage of an account once', async () => {
    const id = await account(3)
    await use(id, 2, '2026-11-02')
    await Promise.all([round(), round(), round()])
    await billRunsOf(id, 1)
    await round()
    await round({})
    await billRunsOf(id, 1)
    expect(await invoicesOf(id)).toMatchObject([
      { month, total: 1_500, currency: 'USD', kind: 'invoice', lines: [{ quantity: 3, unitAmount: 500 }] },
    ])
    expect(await billsOf(id)).toMatchObject([{ month, purchased: 3, trial: 0 }])
  })

  test('An account without usage is not billed', async () => {
    const id = await account(0)
    await round()
    await billRunsOf(await account(1).then(async (other) => (await round(), other)), 1)
    expect(await invoicesOf(id)).toEqual([])
  })

  test.each([
    ['the current month', new Date().toISOString().slice(0, 7)],
    ['an invalid month', '2026-13'],
  ])('A billing round for %s is refused and opens no bill', async (_, refused) => {
    const id = await account(0)
    await use(id, 1, new Date(Date.now() - 1_000).toISOString())
    await expect(round({ month: refused })).rejects.toMatchObject({
      cause: { cause: { type: 'month_not_billable' } },
    })
    expect(await billsOf(id)).toEqual([])
  })

  test('A provider that is down for one account does not delay the others, and a retry bills that account once', async () => {
    const stuck = await account(2, { billingAdapter: 'memory' })
    const others = [await account(1, { billingAdapter: 'memory' }), await account(1)]
    provider.downFor.add(stuck)
    await round()
    for (const other of others) await billRunsOf(other, 1)
    const [run] = await billRunsOf(stuck, 1, 'needs_attention')
    await round()
    provider.downFor.delete(stuck)
    await api.post(`/v1/operations/${run.id}/retry`)
    await billRunsOf(stuck, 1)
    expect([...provider.usage.values()].filter(({ purchased }) => purchased === 2)).toHaveLength(1)
  })

  test('A lost answer of the provider does not report the usage twice', async () => {
    const id = await account(4, { billingAdapter: 'memory' })
    provider.loseNextAnswer = true
    await round()
    const [run] = await billRunsOf(id, 1, 'needs_attention')
    await api.post(`/v1/operations/${run.id}/retry`)
    await billRunsOf(id, 1)
    expect([...provider.usage.values()].filter(({ purchased }) => purchased === 4)).toHaveLength(1)
  })

  test('A billing round after a cancelled billing run bills the account with the same bill', async () => {
    const id = await account(5, { billingAdapter: 'memory' })
    provider.loseNextAnswer = true
    await round()
    const [run] = await billRunsOf(id, 1, 'needs_attention')
    await api.post(`/v1/operations/${run.id}/cancel`, { reason: 'Tomorrow.' })
    await billRunsOf(id, 1, 'cancelled')
    await round()
    await billRunsOf(id, 1)
    expect([...provider.usage.values()].filter(({ purchased }) => purchased === 5)).toHaveLength(1)
    expect(await billsOf(id)).toHaveLength(1)
  })
})

describe('An account that stops in the middle of a month', () => {
  test('An account is billed when it stops, and later only for devices that were not billed', async () => {
    const id = await account(0)
    await use(id, 2, new Date(Date.now() - 1_000).toISOString())
    const suspended = await api.post(`/v1/organizations/${id}/suspend`, {}, wait)
    expect(suspended.body.status).toBe('completed')
    const [invoice] = await invoicesOf(id)
    expect(invoice).toMatchObject({ lines: [{ quantity: 2 }] })

    await api.post(`/v1/organizations/${id}/restore`, {}, wait)
    await use(id, 1, new Date().toISOString())
    await api.post(`/v1/organizations/${id}/close`, {}, wait)
    const quantities = (await invoicesOf(id)).map(
      (one: { lines: { quantity: number }[] }) => one.lines[0]?.quantity,
    )
    expect(quantities.sort()).toEqual([1, 2])
    expect(new Set((await billsOf(id)).map((bill) => bill.external_subscription_id)).size).toBe(2)
  })

  test('A device that takes a license while a suspension waits for the license pool is billed', async () => {
    const id = await account(0)
    await engine.db.transaction().execute(async (transaction) => {
      await lockLicensePool(transaction, id)
      await api.post(`/v1/organizations/${id}/suspend`, {})
      await untilOneWaitsForALock(engine.db)
      await aLicenseUse(transaction, id, { from: new Date().toISOString() })
    })
    await expect.poll(async () => (await invoicesOf(id)).length).toBe(1)
    expect(await billsOf(id)).toMatchObject([{ purchased: 1, status: 'billed' }])
  })

  test('The old provider bills the account before the account switches to the new provider', async () => {
    const id = await account(0)
    await use(id, 3, new Date(Date.now() - 1_000).toISOString())
    const body = { kind: 'purchased', billingAdapter: 'memory' }
    expect((await api.put(`/v1/organizations/${id}/plan`, body, wait)).body.status).toBe('completed')
    expect(await invoicesOf(id)).toMatchObject([{ billingAdapter: 'ledger', lines: [{ quantity: 3 }] }])
  })
})

test('The invoice numbers of a provider have no gaps when many accounts are billed at once', async () => {
  const ids = await Promise.all(Array.from({ length: 8 }, () => account(1)))
  await round()
  for (const id of ids) await billRunsOf(id, 1)
  const { rows } = await sql<{ last: string; issued: string }>`
    select max(right(number, 6)) as last, count(*)::text as issued from invoices
    where kind = 'invoice' and billing_adapter = 'ledger'
  `.execute(engine.db)
  expect(Number(rows[0]?.last)).toBe(Number(rows[0]?.issued))
})
