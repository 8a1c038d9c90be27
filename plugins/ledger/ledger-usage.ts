import { sql } from 'kysely'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import {
  type BillingCall,
  type BillingUsage,
  type IssuedInvoice,
  type ReportedMonth,
  type UsageReport,
} from '../plugin-contract.ts'
import { nextNumber } from './numbers.ts'
import { invoiceLines, type Prices } from './prices.ts'
import { oncePerKey } from './records.ts'
import { lockLedgerSubscription } from './ledger-subscriptions.ts'
import { issuedInvoice } from './ledger-invoices.ts'

/**
 * Bills usage of a month by an invoice. A report without usage has no invoice. A report of only free licenses has an invoice with
 * the total 0, which shows the account its usage.
 * @throws StepError `subscription_unknown` or `idempotency_key_reused`.
 */
export async function reportUsage(
  { db, prices }: { db: DatabaseConnection; prices: Prices },
  call: BillingCall,
  report: UsageReport,
): Promise<{ externalId: string; invoice?: IssuedInvoice }> {
  const { subscription, month, usage, converted } = report
  const record = await oncePerKey(db, call, { kind: 'usage', request: report }, async (transaction) => {
    await lockLedgerSubscription(transaction, subscription)
    const lines = invoiceLines(prices, month, { ...usage, converted })
    const invoice =
      lines.length === 0
        ? null
        : JSON.stringify({
            ...(await nextNumber(transaction, 'INV')),
            currency: prices.currency,
            lines,
            total: lines.reduce((sum, { amount }) => sum + amount, 0),
          })
    return {
      kind: 'usage',
      organization_id: subscription.organizationId,
      subscription_id: subscription.externalId,
      month,
      usage: JSON.stringify(usage),
      invoice,
    }
  })
  const { id: externalId, invoice } = record
  return invoice === null ? { externalId } : { externalId, invoice: issuedInvoice(record, invoice) }
}

export async function readUsage(
  db: DatabaseConnection,
  { subscription, month }: ReportedMonth,
): Promise<BillingUsage | undefined> {
  return db
    .selectFrom('ledger_records')
    .select(sql<number>`sum((usage -> 'trial')::int)::int`.as('trial'))
    .select(sql<number>`sum((usage -> 'purchased')::int)::int`.as('purchased'))
    .where('kind', '=', 'usage')
    .where('subscription_id', '=', subscription.externalId)
    .where('month', '=', month)
    .having(sql<boolean>`count(*) > 0`)
    .executeTakeFirst()
}
