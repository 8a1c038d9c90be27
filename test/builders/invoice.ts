import { randomUUID } from 'node:crypto'
import type { Invoice, NewInvoice } from '../../domain/billing/invoices.ts'
import { takeDocument } from '../../domain/billing/take-document.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'

/** Stores an invoice of an account. The default billing adapter is the ledger. */
export async function anInvoice(
  db: DatabaseConnection,
  organizationId: string,
  invoice: NewInvoice = anIssuedInvoice(),
  billingAdapter = 'ledger',
): Promise<Invoice> {
  const issued = { billingAdapter, of: { organizationId }, document: invoice }
  const taken = await db.transaction().execute((transaction) => takeDocument(transaction, issued))
  if (taken.outcome === 'taken') return taken.invoice
  throw new Error(`The document is ${taken.outcome}: ${taken.reason}`)
}

/** Makes an invoice as a provider issues it. @param changes fields that replace the defaults. */
export function anIssuedInvoice(changes: Partial<NewInvoice> = {}): NewInvoice {
  const total = changes.total ?? 1_000
  return {
    externalId: `ext-${randomUUID()}`,
    kind: 'invoice',
    number: 'A-1',
    month: '2026-10',
    currency: 'USD',
    lines: [{ description: 'Licenses', quantity: 1, unitAmount: total, amount: total }],
    issuedAt: new Date('2026-11-01T00:00:00Z'),
    ...changes,
    total,
  }
}
