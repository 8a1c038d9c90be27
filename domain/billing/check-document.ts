import { isCurrency } from './currencies.ts'
import type { Invoice, NewInvoice } from './invoices.ts'
import { isMonth } from './months.ts'
import type { BilledUsage } from './usage.ts'

/** What the provider was asked for, when it answered with the document. */
export type Asked =
  | { report: { month: string; usage: BilledUsage } }
  | { credit: { invoiceExternalId: string; amount: number } }

/** What is known about a document of an account. Each is undefined when there is no such thing. */
export interface Known {
  organizationId: string
  asked: Asked | undefined
  /** The document on record with the same external id. */
  same: Invoice | undefined
  /** The document on record that it corrects. */
  corrected: Invoice | undefined
  /** The usage on record for the month of the document and its period. */
  reported: BilledUsage | undefined
}

/**
 * Checks the word of a provider on money, before it is taken. It is the only place with these rules.
 * @returns why the document does not fit, in words without personal data; undefined when it fits.
 */
export function findMisfit(document: NewInvoice, known: Known): string | undefined {
  return (
    misfitOfAmounts(document) ??
    misfitOfKind(document) ??
    (known.asked === undefined ? undefined : misfitOfAnswer(document, known.asked)) ??
    misfitOfRecord(document, known) ??
    (document.kind === 'invoice' ? misfitOfInvoice(document, known) : misfitOfCredit(document, known))
  )
}

function misfitOfAmounts({ lines, total, currency, month }: NewInvoice): string | undefined {
  if (!lines.every(({ quantity }) => Number.isSafeInteger(quantity) && quantity >= 0))
    return 'The quantity of a line is not a whole number.'
  if (!lines.every(({ quantity, unitAmount, amount }) => amount === quantity * unitAmount))
    return 'The amount of a line is not its quantity times its unit amount.'
  const sum = lines.reduce((before, { amount }) => before + amount, 0)
  if (sum !== total) return `The lines add up to ${sum}, and the total is ${total}.`
  if (!Number.isSafeInteger(total)) return 'The total is not a whole number of minor units.'
  if (!isCurrency(currency)) return `The currency "${currency}" is not one of ISO 4217.`
  if (month !== undefined && !isMonth(month)) return `"${month}" is not a month such as 2026-10.`
  return undefined
}

function misfitOfKind({ kind, corrects, total }: NewInvoice): string | undefined {
  if (kind === 'invoice')
    return corrects === undefined ? undefined : 'It is an invoice, and it corrects another one.'
  if (corrects === undefined) return 'The credit note does not name the invoice that it corrects.'
  return total < 0 ? undefined : `The total of the credit note is ${total}, which is not negative.`
}

function misfitOfAnswer({ kind, corrects, total, month }: NewInvoice, asked: Asked): string | undefined {
  if ('report' in asked) {
    if (kind !== 'invoice') return 'The answer to a report of usage is a credit note.'
    if (month === undefined || month === asked.report.month) return undefined
    return `The month is ${month}, and ${asked.report.month} was reported.`
  }
  const { invoiceExternalId, amount } = asked.credit
  if (kind !== 'credit_note') return 'The answer to a credit is an invoice.'
  if (corrects !== invoiceExternalId) return 'The credit note corrects another invoice than the credited one.'
  return total === -amount ? undefined : `The credit note is about ${-total}, and ${amount} was asked.`
}

/** An issued document never changes. */
function misfitOfRecord(
  document: NewInvoice,
  { organizationId, same, corrected }: Known,
): string | undefined {
  if (same === undefined) return undefined
  if (same.organizationId !== organizationId) return 'The document with this id belongs to another account.'
  const isSame =
    same.kind === document.kind &&
    same.total === document.total &&
    same.currency === document.currency &&
    same.corrects === (corrected?.id ?? null) &&
    (document.month === undefined || document.month === same.month)
  if (isSame) return undefined
  return `The ${inWords(same.kind)} with this id is on record with ${same.total} ${same.currency}, and never changes.`
}

function misfitOfInvoice(document: NewInvoice, { asked, ...known }: Known): string | undefined {
  const reported = asked !== undefined && 'report' in asked ? asked.report.usage : known.reported
  // An account with converted trial devices may get back more than it has to pay.
  if (document.total < 0 && (reported?.converted ?? 0) === 0)
    return `The total of the invoice is ${document.total}, which is negative.`
  return reported === undefined ? undefined : misfitOfQuantity(document, reported)
}

/**
 * A line of several units is about licenses, so that the lines with one description have at most as many units as licenses were
 * reported. A line of one unit can be a flat fee, a tax or a discount.
 */
function misfitOfQuantity({ lines }: NewInvoice, { trial, purchased }: BilledUsage): string | undefined {
  const licenses = trial + purchased
  const perLicense = Map.groupBy(
    lines.filter(({ quantity }) => quantity > 1),
    ({ description }) => description,
  )
  const units = [...perLicense.values()].map((same) => same.reduce((sum, { quantity }) => sum + quantity, 0))
  const most = Math.max(0, ...units)
  return most <= licenses ? undefined : `It bills ${most} licenses, and ${licenses} were reported.`
}

function misfitOfCredit(
  { total, currency, month }: NewInvoice,
  { organizationId, same, corrected }: Known,
): string | undefined {
  if (corrected === undefined) return undefined
  if (corrected.organizationId !== organizationId) return 'It corrects an invoice of another account.'
  if (corrected.kind !== 'invoice') return 'It corrects a credit note.'
  if (currency !== corrected.currency)
    return `The currency is ${currency}, and that of the invoice is ${corrected.currency}.`
  if (month !== undefined && month !== corrected.month)
    return `The month is ${month}, and that of the invoice is ${corrected.month ?? 'not given'}.`
  const credited = corrected.credited + (same?.total ?? 0) - total
  if (credited <= corrected.total) return undefined
  return `With it, ${credited} would be credited of an invoice over ${corrected.total}.`
}

export function inWords(kind: NewInvoice['kind']): string {
  return kind === 'invoice' ? 'invoice' : 'credit note'
}
