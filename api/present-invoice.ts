import type { Invoice } from '../domain/invoices.ts'
import type { InvoiceView } from './schemas/invoice.ts'

export function presentInvoice(invoice: Invoice): InvoiceView {
  return { ...invoice, issuedAt: invoice.issuedAt.toISOString() }
}
