import { describe, expect, test } from 'vitest'
import type { NewInvoice } from '../../../domain/billing/invoices.ts'
import { platformId } from '../../../domain/organizations/read-organizations.ts'
import { anInvoice, anIssuedInvoice } from '../../builders/invoice.ts'
import { anOrganization } from '../../builders/organization.ts'
import { freshDatabaseForFile } from '../../stack/database.ts'

const { db } = await freshDatabaseForFile()
const account = await anOrganization(db, await platformId(db), { type: 'customer' })

const store = (invoice: NewInvoice) => anInvoice(db, account, invoice)

describe('an invoice', () => {
  test('is stored once, and a second version of it is kept aside', async () => {
    const issued = anIssuedInvoice({ total: 5_000_000_000 })
    const first = await store(issued)
    expect(first).toMatchObject({ ...issued, organizationId: account, corrects: null, credited: 0 })
    expect(await store({ ...issued, number: 'B-1' })).toEqual(first)
    await expect(store({ ...issued, lines: [], total: 0 })).rejects.toThrow('on record with 5000000000 USD')
    const rows = db.selectFrom('invoices').select('id').where('external_id', '=', issued.externalId)
    expect(await rows.execute()).toHaveLength(1)
  })

  test('is stored once when it arrives several times at once', async () => {
    const issued = anIssuedInvoice()
    const stored = await Promise.all(Array.from({ length: 5 }, () => store(issued)))
    expect(new Set(stored.map(({ id }) => id)).size).toBe(1)
  })

  test('of one account is refused for another account', async () => {
    const issued = anIssuedInvoice()
    await store(issued)
    const other = await anOrganization(db, account, { type: 'customer' })
    await expect(anInvoice(db, other, issued)).rejects.toThrow('belongs to another account')
  })

  test('can be neither changed nor deleted, also not by an SQL statement', async () => {
    const { id } = await store(anIssuedInvoice())
    const refusal = 'An issued invoice never changes.'
    await expect(
      db.updateTable('invoices').set({ number: 'A-2' }).where('id', '=', id).execute(),
    ).rejects.toThrow(refusal)
    await expect(db.deleteFrom('invoices').where('id', '=', id).execute()).rejects.toThrow(refusal)
  })
})

test('a credit note needs its invoice, and adds to the credited amount of that invoice', async () => {
  const issued = anIssuedInvoice()
  const { id } = await store(issued)
  const note = anIssuedInvoice({ kind: 'credit_note', corrects: issued.externalId, total: -300 })
  expect(await store(note)).toMatchObject({ corrects: id, total: -300 })
  expect(await store(issued)).toMatchObject({ id, total: 1_000, credited: 300 })
  await expect(store({ ...note, externalId: 'new', corrects: 'nothing' })).rejects.toThrow(
    'waiting: The invoice',
  )
})
