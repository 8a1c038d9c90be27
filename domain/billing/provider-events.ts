import { sql, type Transaction } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { Database } from '../database/tables.ts'
import { newId } from '../ids.ts'
import { insertInvoice, InvoiceMismatch, type NewInvoice } from './invoices.ts'
import type { SubscriptionAtProvider } from '../runs/run-requests.ts'

/** An event that a billing provider sent. `id` is the provider's id of it. */
export type ProviderEvent =
  | { id: string; type: 'invoice_issued'; customerExternalId: string; invoice: NewInvoice }
  | { id: string; type: 'payment_failed'; customerExternalId: string; invoiceExternalId: string }
  | { id: string; type: 'subscription_cancelled'; subscriptionExternalId: string }

/**
 * Stores an event of a provider. A repeated delivery changes nothing, and the order of events does not matter. The
 * activity of the account with this customer or subscription shows the event, even when the account is recorded later.
 */
export async function takeProviderEvent(
  db: DatabaseConnection,
  billingAdapter: string,
  event: ProviderEvent,
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    await transaction
      .insertInto('provider_events')
      .values({ billing_adapter: billingAdapter, event_id: event.id, id: newId('pev'), ...columnsOf(event) })
      .onConflict((conflict) => conflict.columns(['billing_adapter', 'event_id']).doNothing())
      .execute()
    await recordHeldInvoices(transaction, billingAdapter)
  })
}

/** The current subscriptions of accounts that their provider has cancelled by itself. Nobody bills these accounts. */
export async function findEndedElsewhere(
  db: DatabaseConnection,
): Promise<(SubscriptionAtProvider & { organizationId: string })[]> {
  return db
    .selectFrom('plan_periods as period')
    .innerJoin('provider_events as event', (join) =>
      join
        .onRef('event.external_subscription_id', '=', 'period.external_subscription_id')
        .onRef('event.billing_adapter', '=', 'period.billing_adapter'),
    )
    .select([
      'period.organization_id as organizationId',
      'period.billing_adapter as billingAdapter',
      'period.external_customer_id as customerExternalId',
      'period.external_subscription_id as subscriptionExternalId',
    ])
    .distinct()
    .where('period.ends_at', 'is', null)
    .where('event.type', '=', 'subscription_cancelled')
    .orderBy('period.organization_id')
    .execute()
}

function columnsOf(event: ProviderEvent) {
  if (event.type === 'subscription_cancelled')
    return { type: event.type, external_subscription_id: event.subscriptionExternalId }
  const { type, customerExternalId: external_customer_id } = event
  if (event.type === 'payment_failed')
    return { type, external_customer_id, external_invoice_id: event.invoiceExternalId }
  const { invoice } = event
  return {
    type,
    external_customer_id,
    external_invoice_id: invoice.externalId,
    held_invoice: JSON.stringify(invoice),
  }
}

/**
 * Stores each held invoice whose account is now on record. A provider may issue an invoice before the step that
 * subscribed the account has recorded the customer, a credit note before its invoice, or an invoice to a customer that
 * is not ours. These stay held and do not block the others.
 */
export async function recordHeldInvoices(
  transaction: Transaction<Database>,
  billingAdapter: string,
): Promise<void> {
  const { rows } = await sql<{
    id: string
    organizationId: string
    invoice: NewInvoice & { issuedAt: string }
  }>`
    select held.id, held.held_invoice as invoice, owner.organization_id as "organizationId"
    from provider_events as held
    cross join lateral (
      select organization_id from plan_periods as period
      where period.billing_adapter = held.billing_adapter
        and period.external_customer_id = held.external_customer_id
      limit 1
    ) as owner
    where held.billing_adapter = ${billingAdapter} and held.held_invoice is not null
    order by held.held_invoice ->> 'kind' = 'credit_note', held.id
    for update of held
  `.execute(transaction)
  for (const { id, organizationId, invoice } of rows) {
    const issued = { ...invoice, issuedAt: new Date(invoice.issuedAt) }
    try {
      await insertInvoice(transaction, { organizationId, billingAdapter, invoice: issued })
    } catch (error) {
      if (error instanceof InvoiceMismatch) continue
      throw error
    }
    await transaction
      .updateTable('provider_events')
      .set({ held_invoice: null })
      .where('id', '=', id)
      .execute()
  }
}
