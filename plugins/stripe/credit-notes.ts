import type { Stripe } from 'stripe'
import type { BillingAnswer, BillingCall, IssuedInvoice } from '../plugin-contract.ts'
import { metadataOf, names } from './metadata.ts'

export interface Credit {
  invoice: IssuedInvoice
  /** Integer minor units. */
  amount: number
  reason: string
}

/**
 * Corrects an invoice by a credit note. If the invoice is paid, the amount becomes a credit for the customer's next invoices. A
 * person can refund it at Stripe. Stripe refuses an amount above the uncredited rest of the invoice.
 */
export async function creditInvoice(
  stripe: Stripe,
  { idempotencyKey }: BillingCall,
  { invoice, amount, reason }: Credit,
): Promise<{ externalId: string; creditNote: IssuedInvoice }> {
  const before = await stripe.invoices.retrieve(invoice.externalId)
  const note =
    (await findCreditNote(stripe, idempotencyKey, invoice)) ??
    (await createCreditNote(stripe, idempotencyKey, { before, amount, reason }))
  // Store the key on the invoice too, because Stripe cannot search credit notes.
  if (metadataOf(before, names.creditKey) !== idempotencyKey)
    await stripe.invoices.update(
      invoice.externalId,
      { metadata: { [names.creditKey]: idempotencyKey } },
      { idempotencyKey: `${idempotencyKey}:note` },
    )
  return { externalId: note.id, creditNote: toIssuedCreditNote(note, { invoice, reason }) }
}

/** Returns the answer of an earlier credit of this invoice with this key, or undefined. */
export async function findCredit(
  stripe: Stripe,
  key: string,
  invoice: IssuedInvoice,
): Promise<BillingAnswer | undefined> {
  const note = await findCreditNote(stripe, key, invoice)
  if (note === undefined) return undefined
  return { externalId: note.id, creditNote: toIssuedCreditNote(note, { invoice, reason: note.memo ?? '' }) }
}

async function findCreditNote(stripe: Stripe, key: string, { externalId }: IssuedInvoice) {
  for await (const note of stripe.creditNotes.list({ invoice: externalId }))
    if (metadataOf(note, names.key) === key) return note
  return undefined
}

async function createCreditNote(
  stripe: Stripe,
  idempotencyKey: string,
  { before, amount, reason }: Omit<Credit, 'invoice'> & { before: Stripe.Invoice },
): Promise<Stripe.CreditNote> {
  return stripe.creditNotes.create(
    {
      invoice: before.id,
      amount,
      ...(before.status === 'paid' ? { credit_amount: amount } : {}),
      memo: reason,
      metadata: { [names.key]: idempotencyKey },
    },
    { idempotencyKey },
  )
}

function toIssuedCreditNote(
  note: Stripe.CreditNote,
  { invoice, reason }: Pick<Credit, 'invoice' | 'reason'>,
): IssuedInvoice {
  return {
    externalId: note.id,
    kind: 'credit_note',
    number: note.number,
    corrects: invoice.externalId,
    ...(invoice.month === undefined ? {} : { month: invoice.month }),
    currency: note.currency.toUpperCase(),
    lines: [{ description: reason, quantity: 1, unitAmount: -note.total, amount: -note.total }],
    total: -note.total,
    issuedAt: new Date((note.effective_at ?? note.created) * 1_000),
  }
}
