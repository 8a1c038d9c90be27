import { describe, expect, test } from 'vitest'
import { aCall, startLedgerForFile, year } from './ledger-under-test.ts'

const ledger = await startLedgerForFile()

describe('a credit note', () => {
  test('corrects an invoice and has a number series of its own', async () => {
    const subscription = await ledger.aSubscription()
    const invoice = await ledger.anInvoice(subscription)
    const { externalId, creditNote } = await ledger.credit(subscription, invoice, 300)
    expect(creditNote).toEqual({
      externalId,
      kind: 'credit_note',
      number: expect.stringMatching(new RegExp(`^CN-${year}-\\d{6}$`)),
      corrects: invoice.externalId,
      month: '2026-10',
      currency: 'USD',
      lines: [{ description: 'Billed for a spare device', quantity: 1, unitAmount: -300, amount: -300 }],
      total: -300,
      issuedAt: expect.any(Date),
    })
  })

  test('can not exceed the rest of the invoice, also while another credit note is not committed', async () => {
    const subscription = await ledger.aSubscription()
    const invoice = await ledger.anInvoice(subscription)
    const concurrent = Promise.withResolvers<PromiseSettledResult<unknown>[]>()
    await ledger.db.transaction().execute(async (transaction) => {
      await ledger.credit(subscription, invoice, 800, { ...aCall(), transaction })
      concurrent.resolve(Promise.allSettled([ledger.credit(subscription, invoice, 800)]))
      await expect.poll(ledger.waitingForLocks).toBe(1)
    })
    expect(await concurrent.promise).toMatchObject([
      { status: 'rejected', reason: { code: 'credit_exceeds_invoice' } },
    ])
    await expect(ledger.credit(subscription, invoice, 201)).rejects.toMatchObject({
      class: 'needs_input',
      code: 'credit_exceeds_invoice',
      fields: [{ pointer: '/amount', message: expect.stringContaining('at least 1 and at most 200') }],
    })
    expect((await ledger.credit(subscription, invoice, 200)).creditNote.total).toBe(-200)
  })

  test('is made once for each key, and only for an invoice of the account', async () => {
    const subscription = await ledger.aSubscription()
    const invoice = await ledger.anInvoice(subscription)
    const call = aCall()
    const first = await ledger.credit(subscription, invoice, 600, call)
    expect(await ledger.credit(subscription, invoice, 600, call)).toEqual(first)
    await expect(ledger.credit(subscription, invoice, 100, call)).rejects.toMatchObject({
      class: 'terminal',
      code: 'idempotency_key_reused',
    })
    await expect(ledger.credit(await ledger.aSubscription(), invoice, 100)).rejects.toMatchObject({
      code: 'invoice_unknown',
    })
  })
})

test('an issued invoice can be neither changed nor deleted, also not by an SQL statement', async () => {
  const { externalId } = await ledger.anInvoice(await ledger.aSubscription())
  const record = ledger.db
    .updateTable('ledger_records')
    .set({ month: '2026-01' })
    .where('id', '=', externalId)
  await expect(record.execute()).rejects.toThrow('An issued invoice never changes.')
  await expect(ledger.db.deleteFrom('ledger_records').where('id', '=', externalId).execute()).rejects.toThrow(
    'An issued invoice never changes.',
  )
})
