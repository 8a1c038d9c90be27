import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { takeProviderEvent } from '../../domain/billing/provider-events.ts'
import type { NewInvoice } from '../../domain/billing/invoices.ts'
import { rounds } from '../../workflows/contract.ts'
import { anIssuedInvoice } from '../builders/invoice.ts'
import { aLicenseUse } from '../builders/license-use.ts'
import { changeRows, rowsOf } from '../builders/rows.ts'
import { startReconciledDeployment } from './reconciled-deployment.ts'

const { engine, api, db, provider, addAccount, find, kinds, reconcile, remediate } =
  await startReconciledDeployment()
const month = '2026-10'

const invoicesOf = async (account: string) =>
  (await api.get(`/v1/organizations/${account}/invoices`)).body.items
const deliver = (customerExternalId: string, invoice: NewInvoice) =>
  takeProviderEvent(db, 'memory', { id: randomUUID(), type: 'invoice_issued', customerExternalId, invoice })
const customerOf = async (account: string) =>
  (await rowsOf(db, 'plan_periods', { organization_id: account }))[0]?.external_customer_id ?? ''
const licenses = (quantity: number) =>
  anIssuedInvoice({
    externalId: 'in_1',
    month,
    total: quantity * 500,
    lines: [{ description: 'Licenses', quantity, unitAmount: 500, amount: quantity * 500 }],
  })

test('a report of usage is billed while its unfit invoice is kept aside, until the provider delivers it corrected', async () => {
  const account = await addAccount()
  await changeRows(db, 'plan_periods', { organization_id: account }, { starts_at: new Date('2026-09-01') })
  for (const from of ['2026-10-01', '2026-10-02', '2026-10-03']) await aLicenseUse(db, account, { from })
  provider.invoiceFor = () => licenses(30)
  await engine.client.workflow.execute(rounds.billing.workflowType, {
    workflowId: randomUUID(),
    taskQueue: engine.taskQueue,
    args: [{ month }],
  })
  const bill = async () => (await rowsOf(db, 'bills', { organization_id: account }))[0]
  await expect.poll(async () => (await bill())?.closed_at).toBeInstanceOf(Date)
  expect(await bill()).toMatchObject({ purchased: 3, external_reference: expect.any(String) })
  expect(await invoicesOf(account)).toEqual([])

  await find('document_unfit')
  const { code, lines } = await reconcile()
  expect(code).toBe(1)
  expect(lines.join('\n')).toMatch(
    new RegExp(
      `The invoice in_1 of "memory" for ${account}, kept aside since .*: It bills 30 licenses, and 3 were reported`,
    ),
  )

  await deliver(await customerOf(account), licenses(3))
  expect(await invoicesOf(account)).toMatchObject([{ externalId: 'in_1', total: 1_500 }])
  expect(await kinds()).toEqual([])
})

test('a document of an unknown customer is listed as waiting, after the grace, and can be dropped', async () => {
  const [dropped, taken] = [anIssuedInvoice(), anIssuedInvoice()]
  await deliver('nobody', dropped)
  expect((await reconcile({ graceMinutes: 60 })).findings).toEqual([])
  const id = await find('document_waiting')
  expect((await reconcile()).lines.join('\n')).toMatch(
    new RegExp(
      `The invoice ${dropped.externalId} of "memory", waiting since 20.*: No account has the customer nobody.`,
    ),
  )
  expect(await remediate('delete', id)).toMatchObject({ code: 0 })
  expect(await kinds()).toEqual([])

  await deliver('later', taken)
  expect(await kinds()).toEqual(['document_waiting'])
  const account = await addAccount()
  await changeRows(db, 'plan_periods', { organization_id: account }, { external_customer_id: 'later' })
  await deliver('nobody', anIssuedInvoice())
  expect(await invoicesOf(account)).toMatchObject([{ externalId: taken.externalId }])
  await remediate('delete', await find('document_waiting'))
})

test('a credit note that waits for its invoice is listed as waiting, and no longer once the invoice came', async () => {
  const account = await addAccount()
  const customer = await customerOf(account)
  const invoice = anIssuedInvoice()
  await deliver(customer, anIssuedInvoice({ kind: 'credit_note', corrects: invoice.externalId, total: -1 }))
  await find('document_waiting')
  await deliver(customer, invoice)
  expect(await kinds()).toEqual([])
  expect(await invoicesOf(account)).toHaveLength(2)
})
