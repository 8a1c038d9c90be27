import { type Kysely, sql } from 'kysely'

/** What billing providers told us by themselves: each event once, by the provider's own id. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  // Whose event it is, is said by the plan periods: it may arrive before the customer is on record.
  `create table provider_events (
    billing_adapter text not null,
    event_id text not null,
    id text not null unique,
    type text not null,
    external_customer_id text,
    external_subscription_id text,
    external_invoice_id text,
    held_invoice jsonb,
    received_at timestamptz not null default now(),
    primary key (billing_adapter, event_id)
  )`,
  `create index provider_events_customer on provider_events (external_customer_id)`,
  `create index provider_events_subscription on provider_events (external_subscription_id)`,
  // An invoice is held here until it is known whose it is.
  `create index provider_events_held on provider_events (billing_adapter) where held_invoice is not null`,
  `create index plan_periods_customer on plan_periods (external_customer_id)`,
]
