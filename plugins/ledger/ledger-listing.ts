import { sql } from 'kysely'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import type { SubscriptionPage } from '../plugin-contract.ts'

interface Row {
  externalId: string
  customerExternalId: string
  organizationId: string
  createdAt: Date
  cancelledAt: Date | null
}

/**
 * Lists a page of the subscriptions that have not ended, ordered by id, or one subscription by its id. The customer of a
 * subscription is the newest customer of the account at the time when the subscription was opened.
 */
export async function listSubscriptions(
  db: DatabaseConnection,
  wanted: { externalId: string } | { after?: string; limit: number },
): Promise<SubscriptionPage> {
  const limit = 'limit' in wanted ? wanted.limit : 1
  const condition =
    'externalId' in wanted
      ? sql`subscription.id = ${wanted.externalId}`
      : sql`subscription.cancelled_at is null and subscription.id > ${wanted.after ?? ''}`
  const { rows } = await sql<Row>`
    select subscription.id as "externalId", customer.id as "customerExternalId",
      subscription.organization_id as "organizationId", subscription.created_at as "createdAt",
      subscription.cancelled_at as "cancelledAt"
    from ledger_records as subscription cross join lateral (
      select id from ledger_records
      where kind = 'customer' and organization_id = subscription.organization_id
        and created_at <= subscription.created_at
      order by created_at desc, id desc limit 1
    ) as customer
    where subscription.kind = 'subscription' and ${condition}
    order by subscription.id limit ${limit}
  `.execute(db)
  const last = 'limit' in wanted && rows.length === limit ? rows.at(-1) : undefined
  return {
    subscriptions: rows.map(({ cancelledAt, ...subscription }) => ({
      ...subscription,
      status: cancelledAt === null ? 'open' : 'ended',
    })),
    ...(last === undefined ? {} : { next: last.externalId }),
  }
}
