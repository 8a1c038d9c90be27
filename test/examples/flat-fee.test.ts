import { afterAll, expect, test } from 'vitest'
import { approvalAndFlatFee } from 'tenantry-approval-and-flat-fee'
import type { BillingAdapter, BillingCall } from 'tenantry'
import { startRecordsService } from './records-service.ts'

const token = 'a token of the records service'
const subscription = {
  organizationId: 'org_1',
  customerExternalId: 'key:customer',
  externalId: 'key:subscription',
}
const service = await startRecordsService(token)
const adapter = theAdapter({ url: service.url })
afterAll(() => service.close())

function theAdapter(settings: { url: string; token?: string }): BillingAdapter {
  const [first] = approvalAndFlatFee({ token, amount: 4_900, currency: 'EUR', ...settings }).billing ?? []
  return first ?? expect.unreachable()
}

function aCall(idempotencyKey: string): BillingCall {
  return { idempotencyKey, signal: AbortSignal.timeout(10_000) }
}

test('a month with purchased usage is billed one fee, and a month of a trial is free', async () => {
  for (const [month, usage] of [
    ['2026-10', { trial: 0, purchased: 3 }],
    ['2026-11', { trial: 2, purchased: 0 }],
  ] as const) {
    await adapter.reportUsage(aCall(`bill:${month}`), { subscription, month, usage, converted: 0 })
  }
  expect(service.records.get('bill:2026-10')).toMatchObject({ amount: 4_900, currency: 'EUR' })
  expect(service.records.get('bill:2026-11')).toMatchObject({ amount: 0 })
  expect(await adapter.readUsage(aCall('read'), { subscription, month: '2026-10' })).toEqual({
    trial: 0,
    purchased: 3,
  })
  expect(await adapter.readUsage(aCall('read'), { subscription, month: '2026-12' })).toBeUndefined()
})

test('two calls with one key make one record, which find returns', async () => {
  const customer = { organizationId: 'org_1', name: 'Northwind' }
  expect(await adapter.find(aCall('twice'))).toBeUndefined()
  const first = await adapter.ensureCustomer(aCall('twice'), customer)
  const count = service.records.size
  expect(await adapter.ensureCustomer(aCall('twice'), customer)).toEqual(first)
  expect(service.records.size).toBe(count)
  expect(await adapter.find(aCall('twice'))).toMatchObject(first)
})

test('a subscription keeps its id when its plan changes and when it ends', async () => {
  const [from, to] = [{ kind: 'trial' } as const, { kind: 'purchased' } as const]
  const change = { subscription, from, to }
  const { externalId } = subscription
  expect(await adapter.changePlan(aCall('change'), change)).toEqual({ externalId })
  await adapter.cancel(aCall('end'), subscription)
  expect(service.records.get('end')).toEqual({ externalId, ended: true })
})

test.each([
  ['a wrong token', () => theAdapter({ url: service.url, token: 'another' }), '401'],
  ['a wrong path', () => theAdapter({ url: `${service.url}/elsewhere` }), '404'],
  ['an unreachable service', () => theAdapter({ url: 'http://127.0.0.1:1' }), 'none'],
])('%s is a retryable error that names the status and quotes no token', async (_, connect, answer) => {
  const failing = connect().cancel(aCall('failing'), subscription)
  await expect(failing).rejects.toMatchObject({
    name: 'StepError',
    class: 'retryable',
    code: 'flat_fee_unavailable',
    message: `The records service did not answer as it should (HTTP status ${answer}).`,
  })
  await expect(failing).rejects.not.toMatchObject({ message: expect.stringContaining('another') })
})

test('the check passes with the right token only', async () => {
  const { signal } = aCall('check')
  await adapter.check(signal)
  await expect(theAdapter({ url: service.url, token: 'another' }).check(signal)).rejects.toThrow('401')
})
