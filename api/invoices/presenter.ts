import type { Invoice } from '../../domain/billing/invoices.ts'
import type { InvoiceView } from './schemas.ts'

export function presentInvoice(invoice: Invoice): InvoiceView {
  return { ...invoice, issuedAt: invoice.issuedAt.toISOString() }
}
