import { setTimeout as delay } from 'node:timers/promises'
import { beforeEach, describe, expect, test } from 'vitest'
import { monthOf, previousMonth } from '../../../domain/billing/months.ts'
import { findSubscription } from '../../../domain/plans/subscriptions.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { startEngineForFile } from '../../builders/engine-for-file.ts'
import { aLicenseUse } from '../../builders/license-use.ts'
import { changeRows } from '../../builders/rows.ts'
import { tries } from '../../stack/extent.ts'
import { memoryBilling } from '../../stack/memory-billing.ts'

const provider = memoryBilling()
const other = memoryBilling('other')
const { engine, api } = await startEngineForFile({ plugins: [provider.plugin, other.plugin] })

const wait = { prefer: 'wait=20' }
const reason = 'The provider deleted the customer.'
const thisMonth = monthOf(new Date())
const lastMonth = previousMonth(thisMonth)
const none = { trial: 0, purchased: 0 }

let account: string
beforeEach(async () => {
  account = await addAccount()
})

/** Adds an account with two devices, whose usage of this month the provider refuses for good. */
async function addAccount(): Promise<string> {
  const plan = { kind: 'purchased', billingAdapter: 'memory' }
  const { body } = await api.addAccount(anAccountBody({ plan }))
  const id: string = body.organizationId
  for (const externalId of ['one', 'two'])
    await api.post(`/v1/organizations/${id}/devices`, { name: 'Laptop', externalId })
  provider.refused.add(`${await subscriptionOf(id)} ${thisMonth}`)
  return id
}

async function subscriptionOf(id: string): Promise<string> {
  return (await findSubscription(engine.db, id))?.terms.subscriptionExternalId ?? ''
}

const change = async (action: 'suspend' | 'restore', id = account) =>
  (await api.post(`/v1/organizations/${id}/${action}`, {}, wait)).body

/** Suspends the account, which gets stuck at its bill. @returns the operation and the bill. */
async function stuckSuspension(id = account) {
  const operation = await change('suspend', id)
  expect(operation.status).toBe('needs_attention')
  return { run: `/v1/operations/${operation.id}`, operation, bill: await openBill(id) }
}

const billsOf = async (id: string, query = '') =>
  (await api.get(`/v1/organizations/${id}/bills${query}`)).body.items

async function openBill(id = account) {
  const [bill, another] = await billsOf(id, '?status=open')
  expect(another).toBeUndefined()
  return bill
}

async function retried(run: string): Promise<string> {
  expect((await api.post(`${run}/retry`, { reason })).status).toBe(202)
  const read = async () => (await api.get(run)).body.status
  await expect.poll(read).toMatch(/completed|needs_attention/)
  return read()
}

const resolve = (way: 'write-off' | 'hand-over', id: string, more = {}) =>
  api.post(`/v1/bills/${id}/${way}`, { reason, ...more })

const totalsOf = async (id: string, month = thisMonth) =>
  (await api.get(`/v1/organizations/${id}/statements/${month}`)).body.totals

/** The devices that a provider was told for an account. */
const reported = (at: typeof provider, id = account): number[] =>
  at.reports
    .filter(({ subscription }) => subscription.organizationId === id)
    .map(({ usage }) => usage.purchased)

describe('A suspension whose bill the provider refuses for good', () => {
  test('says why and what to do, and stays stuck while the provider refuses', async () => {
    const { run, operation, bill } = await stuckSuspension()
    const step = operation.steps.find(({ id }: { id: string }) => id === 'report-usage')
    expect(step.error).toMatchObject({
      code: 'bill_refused',
      retry: 'as_is',
      message: `The billing provider refused bill ${bill.id} for ${thisMonth} with the code \`subscription_unknown\`: The billing service does not know the subscription.`,
      nextAction: expect.stringContaining(`/v1/bills/${bill.id}/write-off`),
    })
    expect(bill).toMatchObject({ status: 'open', operationId: operation.id, usage: { purchased: 2 } })
    expect((await api.post(`${run}/skip`, { step: 'report-usage', reason })).status).toBe(409)
    expect(await retried(run)).toBe('needs_attention')
  })

  test('completes after a retry once the provider is mended', async () => {
    const { run, bill } = await stuckSuspension()
    provider.refused.clear()
    expect(await retried(run)).toBe('completed')
    expect(reported(provider)).toEqual([2])
    expect(await billsOf(account)).toMatchObject([{ id: bill.id, status: 'billed', operationId: null }])
    expect(await totalsOf(account)).toMatchObject({ billed: { purchased: 2 }, writtenOff: none })
  })

  test('completes without the bill after a write-off, and nothing bills its devices later', async () => {
    const { run, bill } = await stuckSuspension()
    const writtenOff = await resolve('write-off', bill.id)
    expect(writtenOff).toMatchObject({ status: 200, body: { status: 'written_off', reason } })
    expect(await retried(run)).toBe('completed')
    expect((await api.get(`/v1/bills/${bill.id}`)).body).toEqual({ ...writtenOff.body, operationId: null })
    expect((await resolve('write-off', bill.id)).body).toMatchObject({ status: 409, code: 'bill_not_open' })

    await change('restore')
    await api.post(`/v1/organizations/${account}/devices`, { name: 'Laptop', externalId: 'three' })
    expect((await change('suspend')).status).toBe('completed')
    expect(reported(provider)).toEqual([1])
    const writtenOffUsage = { ...none, purchased: 2 }
    expect(await totalsOf(account)).toMatchObject({
      billed: { ...none, purchased: 1 },
      writtenOff: writtenOffUsage,
    })
  })

  test('completes after the account was moved and the bill handed over to its new subscription', async () => {
    const { run, bill } = await stuckSuspension()
    expect((await resolve('hand-over', bill.id)).body).toMatchObject({ status: 409, code: 'no_successor' })
    await api.post(`${run}/cancel`, { reason })
    await expect.poll(async () => (await api.get(run)).body.status).toBe('cancelled')

    const plan = { kind: 'purchased', billingAdapter: 'other' }
    const moving = (await api.put(`/v1/organizations/${account}/plan`, plan, wait)).body
    expect(moving.status).toBe('needs_attention')
    const { body } = await resolve('hand-over', bill.id)
    expect(body).toMatchObject({ status: 'handed_over', reason, successorId: expect.stringMatching(/^bil_/) })
    const successor = { id: body.successorId, status: 'open', billingAdapter: 'other', usage: bill.usage }
    expect(await openBill()).toMatchObject(successor)
    expect(await retried(`/v1/operations/${moving.id}`)).toBe('completed')

    expect((await change('suspend')).status).toBe('completed')
    expect([reported(provider), reported(other)]).toEqual([[], [2]])
    expect(await totalsOf(account)).toMatchObject({ billed: { purchased: 2 }, writtenOff: none })
  })

  test('keeps the bills that the provider took before it refused one', async () => {
    await changeRows(
      engine.db,
      'plan_periods',
      { organization_id: account },
      { starts_at: new Date(`${lastMonth}-01`) },
    )
    await aLicenseUse(engine.db, account, { from: `${lastMonth}-05`, to: `${lastMonth}-06` })
    const { run, bill } = await stuckSuspension()
    expect(bill.month).toBe(thisMonth)
    const [taken] = await billsOf(account, '?status=billed')
    expect(taken.month).toBe(lastMonth)
    expect((await resolve('write-off', taken.id)).body.code).toBe('bill_not_open')
    await resolve('write-off', bill.id)
    expect(await retried(run)).toBe('completed')
    expect(reported(provider)).toEqual([1])
  })
})

test('A bill whose answer was lost is not resolved before a retry, unless the provider does not have it', async () => {
  provider.refused.clear()
  provider.loseNextAnswer = true
  const lost = await stuckSuspension()
  const unknown = { status: 409, code: 'bill_outcome_unknown' }
  expect((await resolve('write-off', lost.bill.id)).body).toMatchObject(unknown)
  expect((await resolve('hand-over', lost.bill.id)).body).toMatchObject(unknown)
  provider.downFor.add(account)
  expect(await retried(lost.run)).toBe('needs_attention')
  expect((await resolve('write-off', lost.bill.id)).body).toMatchObject(unknown)
  provider.downFor.delete(account)
  expect(await retried(lost.run)).toBe('completed')
  expect(reported(provider)).toEqual([2])

  account = await addAccount()
  provider.refused.clear()
  provider.loseNextAnswer = true
  const gone = await stuckSuspension()
  await api.post(`${gone.run}/cancel`, { reason })
  await expect.poll(async () => (await api.get(gone.run)).body.status).toBe('cancelled')
  expect((await resolve('write-off', gone.bill.id)).body).toMatchObject(unknown)
  const checked = await resolve('write-off', gone.bill.id, { notReported: true })
  expect(checked.body).toMatchObject({ status: 'written_off' })
})

test('The activity of the organization shows who resolved a bill, and why', async () => {
  const { bill } = await stuckSuspension()
  const { resolvedBy } = (await resolve('write-off', bill.id)).body
  const url = `/v1/organizations/${account}/activity`
  const { items } = (await api.get(url)).body
  const data = { month: thisMonth, status: 'written_off', reason }
  const [shown] = items.filter(({ type }: { type: string }) => type === 'bill')
  expect(shown).toMatchObject({ id: bill.id, actor: resolvedBy, data })
  const cursor = Buffer.from(bill.id).toString('base64url')
  expect((await api.get(`${url}?cursor=${cursor}`)).status).toBe(200)
})

test('A bill is reported or written off, but never both, when a retry and a write-off come at the same time', async () => {
  const codes: string[] = []
  for (let run = 0; run < tries(24).numRuns; run++) {
    const id = await addAccount()
    const stuck = await stuckSuspension(id)
    provider.refused.clear()
    provider.latency = 200
    const retry = api.post(`${stuck.run}/retry`, { reason })
    if (run % 3 === 0) await expect.poll(() => provider.isCalled, { interval: 1 }).toBe(true)
    else await delay(run * 10)
    const { status, body } = await resolve('write-off', stuck.bill.id)
    codes.push(body.code)
    await retry
    provider.latency = 0
    const read = async () => (await api.get(stuck.run)).body.status
    await expect.poll(read).toBe('completed')
    const isWrittenOff = status === 200
    expect(reported(provider, id)).toEqual(isWrittenOff ? [] : [2])
    const bill = await api.get(`/v1/bills/${stuck.bill.id}`)
    expect(bill.body.status).toBe(isWrittenOff ? 'written_off' : 'billed')
  }
  expect(codes).toContain('bill_being_reported')
}, 300_000)
