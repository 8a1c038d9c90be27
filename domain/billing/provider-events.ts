import type { DatabaseConnection } from '../database/connection.ts'
import { newId } from '../ids.ts'
import type { NewInvoice } from './invoices.ts'
import { takeDocument, takeWaitingDocuments } from './take-document.ts'
import type { SubscriptionAtProvider } from '../runs/run-requests.ts'

/** An event that a billing provider sent. `id` is the provider's id of it. */
export type ProviderEvent =
  | { id: string; type: 'invoice_issued'; customerExternalId: string; invoice: NewInvoice }
  | { id: string; type: 'payment_failed'; customerExternalId: string; invoiceExternalId: string }
  | { id: string; type: 'subscription_cancelled'; subscriptionExternalId: string }

/**
 * Stores an event of a provider, and takes its document. A repeated delivery changes nothing, and the order of events does not
 * matter. The activity of the account with this customer or subscription shows the event, even when the account is recorded later.
 * @returns why the document of the event does not fit. It is kept aside then, and the event is not stored.
 */
export async function takeProviderEvent(
  db: DatabaseConnection,
  billingAdapter: string,
  event: ProviderEvent,
): Promise<string | undefined> {
  const misfit = await db.transaction().execute(async (transaction) => {
    if (event.type === 'invoice_issued') {
      const { customerExternalId, invoice: document } = event
      const taken = await takeDocument(transaction, { billingAdapter, of: { customerExternalId }, document })
      if (taken.outcome === 'unfit') return taken.reason
    }
    await transaction
      .insertInto('provider_events')
      .values({ billing_adapter: billingAdapter, event_id: event.id, id: newId('pev'), ...columnsOf(event) })
      .onConflict((conflict) => conflict.columns(['billing_adapter', 'event_id']).doNothing())
      .execute()
    return undefined
  })
  await takeWaitingDocuments(db, billingAdapter)
  return misfit
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
  return { type, external_customer_id, external_invoice_id: event.invoice.externalId }
}
