import { sql, type Transaction } from 'kysely'
import { creditExceedsInvoice } from '../../domain/billing/billing-errors.ts'
import { fieldProblem } from '../../domain/errors/error-declaration.ts'
import type { LedgerInvoice } from '../../domain/database/tables/ledger-tables.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import type { Database } from '../../domain/database/tables.ts'
import {
  type BillingAnswer,
  type BillingCall,
  type BillingSubscription,
  type IssuedInvoice,
  type StepError,
  stepError,
} from '../plugin-contract.ts'
import { nextNumber } from './numbers.ts'
import { externalIdOf, type LedgerRecord, oncePerKey } from './records.ts'
import { invoiceUnknown } from './errors.ts'

export function issuedInvoice(record: LedgerRecord, invoice: LedgerInvoice): IssuedInvoice {
  return {
    ...invoice,
    externalId: record.id,
    kind: record.corrects === null ? 'invoice' : 'credit_note',
    ...(record.corrects === null ? {} : { corrects: record.corrects }),
    ...(record.month === null ? {} : { month: record.month }),
    issuedAt: new Date(invoice.issuedAt),
  }
}

/** The answer that the call of a record returned. */
export function answerOf(record: LedgerRecord): BillingAnswer {
  const externalId = externalIdOf(record)
  if (record.invoice === null) return { externalId }
  const document = issuedInvoice(record, record.invoice)
  return { externalId, [document.kind === 'invoice' ? 'invoice' : 'creditNote']: document }
}

/** @throws StepError `invoice_unknown`, `credit_exceeds_invoice` or `idempotency_key_reused`. */
export async function creditInvoice(
  db: DatabaseConnection,
  call: BillingCall,
  credit: { subscription: BillingSubscription; invoice: IssuedInvoice; amount: number; reason: string },
): Promise<{ externalId: string; creditNote: IssuedInvoice }> {
  const { subscription, invoice, amount, reason } = credit
  // The id stands for the whole invoice, because an invoice never changes.
  const request = { invoice: invoice.externalId, amount, reason }
  const record = await oncePerKey(db, call, { kind: 'credit_note', request }, async (transaction) => {
    const credited = await lockInvoice(transaction, subscription.organizationId, invoice.externalId)
    const left = credited.invoice.total - (await creditedSoFar(transaction, credited.record.id))
    if (!Number.isSafeInteger(amount) || amount < 1 || amount > left) throw creditTooLarge(left)
    return {
      kind: 'credit_note',
      organization_id: credited.record.organization_id,
      subscription_id: credited.record.subscription_id,
      month: credited.record.month,
      corrects: credited.record.id,
      invoice: JSON.stringify({
        ...(await nextNumber(transaction, 'CN')),
        currency: credited.invoice.currency,
        lines: [{ description: reason, quantity: 1, unitAmount: -amount, amount: -amount }],
        total: -amount,
      }),
    }
  })
  if (record.invoice === null) throw new Error('A credit note was kept without what it says')
  return { externalId: record.id, creditNote: issuedInvoice(record, record.invoice) }
}

/** Locks the invoice until the transaction ends. @throws StepError `invoice_unknown`. */
async function lockInvoice(
  transaction: Transaction<Database>,
  organizationId: string,
  id: string,
): Promise<{ record: LedgerRecord; invoice: LedgerInvoice }> {
  const record = await transaction
    .selectFrom('ledger_records')
    .selectAll()
    .where('id', '=', id)
    .where('kind', '=', 'usage')
    .where('organization_id', '=', organizationId)
    .forUpdate()
    .executeTakeFirst()
  if (record === undefined || record.invoice === null) throw stepError(invoiceUnknown)
  return { record, invoice: record.invoice }
}

/** The sum of the credit notes of an invoice, in positive integer minor units. */
async function creditedSoFar(transaction: Transaction<Database>, invoiceId: string): Promise<number> {
  const { credited } = await transaction
    .selectFrom('ledger_records')
    .select(sql<number>`coalesce(-sum((invoice ->> 'total')::bigint), 0)::float8`.as('credited'))
    .where('corrects', '=', invoiceId)
    .executeTakeFirstOrThrow()
  return credited
}

/** @param left what is left of the invoice, in integer minor units. */
function creditTooLarge(left: number): StepError {
  const parameters = { left }
  const { pointer, message } = fieldProblem('/amount', creditExceedsInvoice, { parameters })
  return stepError(creditExceedsInvoice, { parameters, fields: [{ pointer, message }] })
}
