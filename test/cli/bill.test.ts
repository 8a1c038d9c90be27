import { afterAll, beforeAll, expect, test } from 'vitest'
import { runBilling, showBilling } from '../../cli/billing/bill.ts'
import { billedMonth } from '../../cli/billing/billed-month.ts'
import { reconcile } from '../../cli/reconciliation/reconcile.ts'
import type { Configuration } from '../../configuration.ts'
import { anAccountBody } from '../builders/account-body.ts'
import { aLicenseUse } from '../builders/license-use.ts'
import { type EngineApi, startApiFor } from '../stack/api.ts'
import { memoryBilling } from '../stack/memory-billing.ts'
import { type Engine, startEngine } from '../stack/tenantry-command.ts'

const provider = memoryBilling()
const month = '2026-09'
let engine: Engine
let api: EngineApi
let configuration: Configuration

beforeAll(async () => {
  engine = await startEngine({ plugins: [provider.plugin] })
  api = await startApiFor(engine)
  const { taskQueue } = engine
  configuration = {
    taskQueue,
    attentionDays: 30,
    trialDays: 30,
    trialReminderDays: 7,
    worker: {},
    plugins: [],
  }
})
afterAll(async () => {
  await api.close()
  await engine.stop()
})

/** An account that used these many licenses in September. */
async function account(name: string, billingAdapter: string, devices: number): Promise<string> {
  const company = { name, state: 'TX' }
  const { body } = await api.addAccount(
    anAccountBody({ company, plan: { kind: 'purchased', billingAdapter } }),
  )
  const id: string = body.organizationId
  await engine.db
    .updateTable('plan_periods')
    .set({ starts_at: new Date('2026-08-01') })
    .where('organization_id', '=', id)
    .execute()
  for (let i = 0; i < devices; i++)
    await aLicenseUse(engine.db, id, { from: '2026-09-03T00:00:00Z', to: '2026-09-05T00:00:00Z' })
  return id
}

async function written(act: (write: (line: string) => void) => Promise<number>) {
  const lines: string[] = []
  const code = await act((line) => lines.push(line))
  return { code, lines }
}

const dryRun = () => written((write) => showBilling(engine, month, write))
const billNow = () =>
  written((write) => runBilling({ ...engine, configuration }, engine.client, month, write))
const compare = () => written((write) => reconcile(engine, month, write))

test('a month is shown, billed, billed again without effect, and reconciled', async () => {
  const own = await account('At the ledger', 'ledger', 3)
  const other = await account('Elsewhere', 'memory', 2)
  const shown = await dryRun()
  expect(shown).toEqual({
    code: 0,
    lines: expect.arrayContaining([
      `  At the ledger (${own})  ledger  3 purchased, 0 trial  15.00 USD`,
      `  Elsewhere (${other})  memory  2 purchased, 0 trial  priced by the provider`,
      `2 to bill for ${month}: 15.00 USD. Nothing was billed.`,
    ]),
  })
  expect(await dryRun()).toEqual(shown)
  expect(await engine.db.selectFrom('bills').selectAll().execute()).toEqual([])

  provider.downFor.add(other)
  const stuck = await billNow()
  expect(stuck).toMatchObject({
    code: 1,
    lines: [`1 billed for ${month}.`, expect.stringContaining('Elsewhere (opr_')],
  })
  expect(stuck.lines[1]).toContain('The billing service is down. Bring it back, then retry.')

  provider.downFor.delete(other)
  const [run] = (await api.send('GET', '/v1/operations?status=needs_attention')).body.items
  await api.send('POST', `/v1/operations/${run.id}/retry`, {})
  await expect
    .poll(async () => (await api.send('GET', `/v1/operations/${run.id}`)).body.status)
    .toBe('completed')
  expect(await billNow()).toEqual({ code: 0, lines: [`2 billed for ${month}.`] })
  expect((await api.send('GET', `/v1/organizations/${own}/invoices`)).body.items).toHaveLength(1)
  expect(await dryRun()).toEqual({ code: 0, lines: [`0 to bill for ${month}. Nothing was billed.`] })

  expect(await compare()).toEqual({
    code: 0,
    lines: [`2 subscriptions compared for ${month}: all agree.`],
  })
  provider.usage.clear()
  expect(await compare()).toMatchObject({
    code: 1,
    lines: [
      expect.stringMatching(new RegExp(`missing_at_provider  ${other}  memory`)),
      `2 subscriptions compared for ${month}: 1 difference.`,
    ],
  })
})

test('the month of a command is the last one that has ended, unless it names another such', () => {
  const now = new Date('2026-11-26T00:00:00Z')
  expect(billedMonth(undefined, now)).toBe('2026-10')
  expect(billedMonth('2026-08', now)).toBe('2026-08')
  expect(() => billedMonth('2026-11', now)).toThrow('2026-11 has not ended')
  expect(() => billedMonth('October', now)).toThrow('"October" is not a month')
})
