import { randomUUID } from 'node:crypto'
import { type Answer, type Gap, list, metadataIn, ok, refusal, type StripeObject } from './gap.ts'

interface Line {
  description: string | null
  quantity: number
  amount: number
  period: { start: number; end: number }
  metadata: Record<string, string>
}
type Invoice = StripeObject & {
  customer: string
  status: string
  total: number
  lines: { data: Line[] }
  metadata: Record<string, string>
}
type CreditNote = StripeObject & { invoice: string; total: number }

/** localstripe makes invoices only from pending items, cannot finalize a draft, and has no credit notes. */
export function invoiceGaps(): Gap {
  const invoices: Invoice[] = []
  const notes: CreditNote[] = []

  return async ({ method, path, params }) => {
    const [, , kind, id, action] = path.split('/')
    if (!['invoices', 'invoiceitems', 'credit_notes'].includes(kind ?? '')) return undefined
    const invoice = invoices.find((candidate) => candidate.id === (params.get('invoice') ?? id))
    if (kind === 'invoiceitems') return invoice === undefined ? unknown : addLine(invoice, params)
    if (kind === 'credit_notes' && method === 'GET')
      return list(notes.filter((note) => note.invoice === params.get('invoice')))
    if (kind === 'credit_notes') return invoice === undefined ? unknown : credit(invoice, params)
    if (id === undefined) return method === 'GET' ? list(invoicesOf(params.get('customer'))) : draft(params)
    if (invoice === undefined) return unknown
    if (method === 'POST' && action === 'finalize') invoice.status = 'open'
    if (method === 'POST') Object.assign(invoice.metadata, metadataIn(params))
    return ok(invoice)
  }

  function invoicesOf(customer: string | null): Invoice[] {
    return customer === null ? invoices : invoices.filter((invoice) => invoice.customer === customer)
  }

  function draft(params: URLSearchParams): Answer {
    const invoice = {
      id: `in_${randomUUID()}`,
      object: 'invoice',
      customer: params.get('customer') ?? '',
      number: `L-${invoices.length + 1}`,
      currency: params.get('currency'),
      status: 'draft',
      created: Math.floor(Date.now() / 1_000),
      effective_at: null,
      total: 0,
      lines: { data: [] },
      metadata: metadataIn(params),
    }
    invoices.push(invoice)
    return ok(invoice)
  }

  function addLine(invoice: Invoice, params: URLSearchParams): Answer {
    const quantity = Number(params.get('quantity'))
    const amount = quantity * Number(params.get('price_data[unit_amount]'))
    const period = { start: Number(params.get('period[start]')), end: Number(params.get('period[end]')) }
    const description = params.get('description')
    invoice.lines.data.push({ description, quantity, amount, period, metadata: metadataIn(params) })
    invoice.total += amount
    return ok({ id: `ii_${randomUUID()}`, object: 'invoiceitem' })
  }

  function credit(invoice: Invoice, params: URLSearchParams): Answer {
    const total = Number(params.get('amount'))
    const earlier = notes
      .filter((note) => note.invoice === invoice.id)
      .reduce((sum, note) => sum + note.total, 0)
    if (earlier + total > invoice.total) return refusal('More than is left of the invoice.')
    const note = {
      id: `cn_${randomUUID()}`,
      object: 'credit_note',
      number: `CN-${notes.length + 1}`,
      invoice: invoice.id,
      currency: invoice.currency,
      total,
      created: Math.floor(Date.now() / 1_000),
      effective_at: null,
      metadata: metadataIn(params),
    }
    notes.push(note)
    return ok(note)
  }
}

const unknown = refusal('No such invoice', 'resource_missing', 404)
