import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DatabaseConnection } from '../../../domain/database/connection.ts'
import { insertInvoice, type NewInvoice } from '../../../domain/billing/invoices.ts'
import { platformId } from '../../../domain/organizations/read-organizations.ts'
import { anIssuedInvoice } from '../../builders/invoice.ts'
import { anOrganization } from '../../builders/organization.ts'
import { freshDatabase, type TestDatabase } from '../../stack/database.ts'

let database: TestDatabase
let db: DatabaseConnection
let account: string
beforeAll(async () => {
  database = await freshDatabase()
  db = database.db
  account = await anOrganization(db, await platformId(db), { type: 'customer' })
})
afterAll(() => database.drop())

const keep = (invoice: NewInvoice, organizationId = account) =>
  db
    .transaction()
    .execute((transaction) =>
      insertInvoice(transaction, { organizationId, billingAdapter: 'ledger', invoice }),
    )

describe('an invoice', () => {
  test('is kept once, as it was issued first', async () => {
    const issued = anIssuedInvoice({ total: 5_000_000_000 })
    const first = await keep(issued)
    expect(first).toMatchObject({ ...issued, organizationId: account, corrects: null, credited: 0 })
    expect(await keep({ ...issued, total: 1, number: 'B-1' })).toEqual(first)
    const rows = db.selectFrom('invoices').select('id').where('external_id', '=', issued.externalId)
    expect(await rows.execute()).toHaveLength(1)
  })

  test('is kept once when it comes twice at the same moment', async () => {
    const issued = anIssuedInvoice()
    const kept = await Promise.all(Array.from({ length: 5 }, () => keep(issued)))
    expect(new Set(kept.map(({ id }) => id)).size).toBe(1)
  })

  test('of one account is not answered for another', async () => {
    const issued = anIssuedInvoice()
    await keep(issued)
    const other = await anOrganization(db, account, { type: 'customer' })
    await expect(keep(issued, other)).rejects.toThrow('belongs to another account')
  })

  test('can be neither changed nor deleted, not even by hand', async () => {
    const { id } = await keep(anIssuedInvoice())
    const refusal = 'An issued invoice never changes.'
    await expect(
      db.updateTable('invoices').set({ number: 'A-2' }).where('id', '=', id).execute(),
    ).rejects.toThrow(refusal)
    await expect(db.deleteFrom('invoices').where('id', '=', id).execute()).rejects.toThrow(refusal)
  })
})

test('a credit note counts as credited on the invoice that it corrects, which has to be there', async () => {
  const issued = anIssuedInvoice()
  const { id } = await keep(issued)
  const note = anIssuedInvoice({ kind: 'credit_note', corrects: issued.externalId, total: -300 })
  expect(await keep(note)).toMatchObject({ corrects: id, total: -300 })
  expect(await keep(issued)).toMatchObject({ id, total: 1_000, credited: 300 })
  await expect(keep({ ...note, externalId: 'new', corrects: 'nothing' })).rejects.toThrow('not on record')
})
