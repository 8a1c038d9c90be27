import { expect, test } from 'vitest'
import { runBilling, showBilling } from '../../cli/billing/bill.ts'
import { billedMonth } from '../../cli/billing/billed-month.ts'
import { reconcile } from '../../cli/reconciliation/reconcile.ts'
import { anAccountBody } from '../builders/account-body.ts'
import { startEngineForFile } from '../builders/engine-for-file.ts'
import { aLicenseUse } from '../builders/license-use.ts'
import { memoryBilling } from '../stack/memory-billing.ts'

const provider = memoryBilling()
const month = '2026-09'
const { engine, api } = await startEngineForFile({ plugins: [provider.plugin] })

/** Adds an account that used this many licenses in September. @returns the id of its organization. */
async function addAccount(name: string, billingAdapter: string, devices: number): Promise<string> {
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

async function capture(act: (write: (line: string) => void) => Promise<number>) {
  const lines: string[] = []
  const code = await act((line) => lines.push(line))
  return { code, lines }
}

const dryRun = () => capture((write) => showBilling(engine, month, write))
const billNow = () => capture((write) => runBilling(engine, engine.client, month, write))
const compare = () => capture((write) => reconcile(engine, month, write))

test('the commands show a month, bill it once however often they run, and reconcile it', async () => {
  const ledgerAccount = await addAccount('At the ledger', 'ledger', 3)
  const providerAccount = await addAccount('Elsewhere', 'memory', 2)
  const planned = await dryRun()
  expect(planned).toEqual({
    code: 0,
    lines: expect.arrayContaining([
      `  At the ledger (${ledgerAccount})  ledger  3 purchased, 0 trial  15.00 USD`,
      `  Elsewhere (${providerAccount})  memory  2 purchased, 0 trial  priced by the provider`,
      `2 to bill for ${month}: 15.00 USD. Nothing was billed.`,
    ]),
  })
  expect(await dryRun()).toEqual(planned)
  expect(await engine.db.selectFrom('bills').selectAll().execute()).toEqual([])

  provider.downFor.add(providerAccount)
  const stuck = await billNow()
  expect(stuck).toMatchObject({
    code: 1,
    lines: [`1 billed for ${month}.`, expect.stringContaining('Elsewhere (opr_')],
  })
  expect(stuck.lines[1]).toContain('The billing service is down. Bring it back, then retry.')

  provider.downFor.delete(providerAccount)
  const [run] = (await api.send('GET', '/v1/operations?status=needs_attention')).body.items
  await api.send('POST', `/v1/operations/${run.id}/retry`, {})
  await expect
    .poll(async () => (await api.send('GET', `/v1/operations/${run.id}`)).body.status)
    .toBe('completed')
  expect(await billNow()).toEqual({ code: 0, lines: [`2 billed for ${month}.`] })
  expect((await api.send('GET', `/v1/organizations/${ledgerAccount}/invoices`)).body.items).toHaveLength(1)
  expect(await dryRun()).toEqual({ code: 0, lines: [`0 to bill for ${month}. Nothing was billed.`] })

  expect(await compare()).toEqual({ code: 0, lines: [`2 subscriptions compared for ${month}: all agree.`] })
  provider.usage.clear()
  expect(await compare()).toMatchObject({
    code: 1,
    lines: [
      expect.stringMatching(new RegExp(`missing_at_provider  ${providerAccount}  memory`)),
      `2 subscriptions compared for ${month}: 1 difference.`,
    ],
  })
})

test('a command is for the previous month, unless it names an earlier one', () => {
  const now = new Date('2026-11-26T00:00:00Z')
  expect(billedMonth(undefined, now)).toBe('2026-10')
  expect(billedMonth('2026-08', now)).toBe('2026-08')
  expect(() => billedMonth('2026-11', now)).toThrow('2026-11 has not ended')
  expect(() => billedMonth('October', now)).toThrow('"October" is not a month')
})
