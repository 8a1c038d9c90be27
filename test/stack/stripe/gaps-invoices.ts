import { randomUUID } from 'node:crypto'
import { type Answer, type Gap, list, metadataIn, ok, refusal, type StripeObject } from './gap.ts'

interface Line {
  description: string | null
  quantity: number
  amount: number
  metadata: Record<string, string>
}
type Invoice = StripeObject & {
  customer: string
  number: string | null
  status: string
  auto_advance: boolean
  total: number
  lines: { data: Line[] }
  metadata: Record<string, string>
}
type CreditNote = StripeObject & { invoice: string; total: number }

/** Small, so that most lists have a second page. */
const pageSize = 2
/** Stripe's limit. Only the search of these tests asks for more. */
const limit = 100

/**
 * localstripe makes invoices only from pending items, cannot finalize a draft, and has no credit notes.
 * @returns the gap, and what a subscription does to the invoices of its customer.
 */
export function invoiceGaps() {
  const invoices: Invoice[] = []
  const notes: CreditNote[] = []

  const gap: Gap = async ({ method, path, params }) => {
    const [, , kind, id, action] = path.split('/')
    if (!['invoices', 'invoiceitems', 'credit_notes'].includes(kind ?? '')) return undefined
    const invoice = invoices.find((candidate) => candidate.id === (params.get('invoice') ?? id))
    if (kind === 'invoiceitems') return invoice === undefined ? unknown : addLine(invoice, params)
    if (kind === 'credit_notes' && method === 'GET')
      return list(notes.filter((note) => note.invoice === params.get('invoice')))
    if (kind === 'credit_notes') return invoice === undefined ? unknown : credit(invoice, params)
    if (id === undefined) return method === 'GET' ? pageOf(params) : ok(draft(params))
    if (invoice === undefined) return unknown
    if (action === 'finalize') return finalize(invoice, params)
    if (action === 'void') invoice.status = 'void'
    if (method === 'POST') update(invoice, params)
    return ok(invoice)
  }

  return {
    gap,
    /** Stripe creates an invoice for the first period of a subscription, also when it charges nothing. */
    subscribed: (customer: string) =>
      finalize(draft(new URLSearchParams({ customer })), new URLSearchParams()),
    /** Stripe stops the collection of all invoices of a customer when a subscription ends. */
    ended(customer: string) {
      for (const invoice of invoices) if (invoice.customer === customer) invoice.auto_advance = false
    },
  }

  /** The newest invoices come first, as at Stripe. */
  function pageOf(params: URLSearchParams): Answer {
    const customer = params.get('customer')
    const all = invoices.filter((invoice) => customer === null || invoice.customer === customer).reverse()
    const asked = Number(params.get('limit') ?? 10)
    const start = all.findIndex(({ id }) => id === params.get('starting_after')) + 1
    const data = all.slice(start, asked > limit ? undefined : start + Math.min(asked, pageSize))
    return ok({ object: 'list', has_more: start + data.length < all.length, data })
  }

  function draft(params: URLSearchParams): Invoice {
    const invoice = {
      id: `in_${randomUUID()}`,
      object: 'invoice',
      customer: params.get('customer') ?? '',
      number: null,
      currency: params.get('currency') ?? 'usd',
      collection_method: params.get('collection_method'),
      days_until_due: params.get('days_until_due'),
      status: 'draft',
      auto_advance: params.get('auto_advance') === 'true',
      created: Math.floor(Date.now() / 1_000),
      effective_at: null,
      total: 0,
      lines: { data: [] },
      metadata: metadataIn(params),
    }
    invoices.push(invoice)
    return invoice
  }

  function finalize(invoice: Invoice, params: URLSearchParams): Answer {
    if (invoice.status !== 'draft') return refusal('This invoice is already finalized.')
    invoice.status = invoice.total > 0 ? 'open' : 'paid'
    invoice.number = `L-${invoices.indexOf(invoice) + 1}`
    invoice.auto_advance = invoice.status === 'open' && params.get('auto_advance') === 'true'
    return ok(invoice)
  }

  function update(invoice: Invoice, params: URLSearchParams): void {
    Object.assign(invoice.metadata, metadataIn(params))
    if (params.has('auto_advance')) invoice.auto_advance = params.get('auto_advance') === 'true'
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
      memo: params.get('memo'),
      created: Math.floor(Date.now() / 1_000),
      effective_at: null,
      metadata: metadataIn(params),
    }
    notes.push(note)
    return ok(note)
  }
}

function addLine(invoice: Invoice, params: URLSearchParams): Answer {
  if (invoice.status !== 'draft') return refusal('This invoice is no longer editable.')
  const price = Number(params.get('price_data[unit_amount]'))
  if (price < 0) return refusal('A price must be at least 0.')
  const quantity = Number(params.get('quantity'))
  const amount = quantity * (price + Number(params.get('unit_amount_decimal')))
  const description = params.get('description')
  invoice.lines.data.push({ description, quantity, amount, metadata: metadataIn(params) })
  invoice.total += amount
  return ok({ id: `ii_${randomUUID()}`, object: 'invoiceitem' })
}

const unknown = refusal('No such invoice', 'resource_missing', 404)
