import { expect, test } from 'vitest'
import { runBilling } from '../../cli/billing/bill.ts'
import { resolveBill, showOpenBills } from '../../cli/billing/show-bills.ts'
import { monthOf, previousMonth } from '../../domain/billing/months.ts'
import { handOverBill, writeOffBill } from '../../domain/billing/resolve-bill.ts'
import { endMonth } from '../api/invoices/end-month.ts'
import { startReconciledDeployment } from './reconciled-deployment.ts'

const { engine, api, db, provider, addAccount, find, remediate, runOperation, subscriptionOf } =
  await startReconciledDeployment()

const month = previousMonth(monthOf(new Date()))

async function capture(act: (write: (line: string) => void) => Promise<number>) {
  const lines: string[] = []
  const code = await act((line) => lines.push(line))
  return { code, lines }
}

const bill = () => capture((write) => runBilling(engine, engine.client, month, write))
const list = () => capture((write) => showOpenBills(db, write))
const resolve = (way: typeof writeOffBill, id: string) => {
  const asked = { id, actor: 'olga', reason: 'Seen in a test', notReported: false }
  return capture((write) => resolveBill(db, way, asked, write))
}

async function retryStuckRun(): Promise<void> {
  const [run] = (await api.send('GET', '/v1/operations?status=needs_attention')).body.items
  expect((await api.send('POST', `/v1/operations/${run.id}/retry`, {})).status).toBe(202)
  const read = async () => (await api.send('GET', `/v1/operations/${run.id}`)).body.status
  await expect.poll(read).toBe('completed')
}

const addDevice = (id: string, externalId: string) =>
  api.send('POST', `/v1/organizations/${id}/devices`, { name: 'Laptop', externalId })

/** Adds an account with three devices, one of them removed, whose subscription the provider loses and a person deletes. */
async function addRestoredAccount(): Promise<{ id: string; lost: string }> {
  const id = await addAccount()
  for (const externalId of ['one', 'two']) await addDevice(id, externalId)
  const removed = await addDevice(id, 'three')
  await api.send('DELETE', `/v1/devices/${removed.body.id}`)
  const lost = String(await subscriptionOf(id))
  provider.subscriptions.delete(lost)
  await remediate('delete', await find('subscription_missing_at_provider'))
  await runOperation(id, 'restore')
  return { id, lost }
}

const purchasedOf = (id: string) =>
  provider.reports
    .filter(({ subscription }) => subscription.organizationId === id)
    .map(({ usage }) => usage.purchased)
    .toSorted((one, two) => one - two)

test('the bills of a month add up after a lost subscription was deleted and the account restored', async () => {
  const atOnce = await addRestoredAccount()
  await runOperation(atOnce.id, 'suspend')
  const later = await addRestoredAccount()
  for (const { id } of [atOnce, later]) await endMonth(db, id, month)
  expect(await bill()).toMatchObject({ code: 0 })
  for (const { id } of [atOnce, later]) expect(purchasedOf(id)).toEqual([1, 2])
})

test('a bill that the provider refuses fails the billing of its month until it is handed over', async () => {
  const { id, lost } = await addRestoredAccount()
  await endMonth(db, id, month)
  provider.refused.add(`${lost} ${month}`)
  const refused = await bill()
  expect(refused.code).toBe(1)
  const [line = ''] = refused.lines.slice(1)
  const billId = /bil_\w+/.exec(line)?.[0] ?? ''
  expect(line).toContain(`/v1/bills/${billId}/hand-over`)
  expect(await list()).toMatchObject({
    code: 0,
    lines: [
      expect.stringMatching(`^${billId}  ${month}  .* memory ${lost}  1 purchased, 0 trial  opr_`),
      '1 bill is open.',
    ],
  })
  expect(await resolve(handOverBill, billId)).toEqual({
    code: 0,
    lines: [expect.stringContaining(`${billId}: handed over to bil_`), expect.stringContaining('retry it')],
  })
  expect(await resolve(handOverBill, billId)).toEqual({
    code: 1,
    lines: [expect.stringContaining('not done. The bill was reported, written off or handed over already.')],
  })
  await retryStuckRun()
  expect(await bill()).toMatchObject({ code: 0 })
  expect(purchasedOf(id)).toEqual([1, 2])
  expect(await list()).toEqual({ code: 0, lines: ['0 bills are open.'] })
})

test('a bill that the provider refuses fails the billing of its month until it is written off', async () => {
  const { id, lost } = await addRestoredAccount()
  await endMonth(db, id, month)
  provider.refused.add(`${lost} ${month}`)
  expect(await bill()).toMatchObject({ code: 1 })
  const [line = ''] = (await list()).lines
  const billId = line.split('  ')[0] ?? ''
  expect(await resolve(writeOffBill, billId)).toMatchObject({ code: 0 })
  await retryStuckRun()
  expect(await bill()).toMatchObject({ code: 0 })
  expect(purchasedOf(id)).toEqual([2])
  const { totals } = (await api.send('GET', `/v1/organizations/${id}/statements/${month}`)).body
  expect(totals).toMatchObject({ billed: { purchased: 2 }, writtenOff: { purchased: 1 } })
})

test('a bill that does not exist is not resolved', async () => {
  expect(await resolve(writeOffBill, 'bil_unknown')).toEqual({
    code: 1,
    lines: ['bil_unknown: no bill has this id. `npx tenantry bills list` lists the open bills.'],
  })
})
