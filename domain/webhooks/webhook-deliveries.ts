import { sql, type Transaction } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { Database } from '../database/tables.ts'
import type { DeliveryStatus } from '../database/tables/webhook-tables.ts'
import { isId, newId } from '../ids.ts'
import type { Page } from '../database/list-page.ts'
import { type Subtree, subtreeEnd } from '../access/subtree.ts'
import type { WebhookEndpoint } from './webhook-endpoints.ts'
import { testEventType, webhookChannel } from './webhook-events.ts'

export type { DeliveryStatus }

export interface WebhookDelivery {
  id: string
  endpointId: string
  eventId: string
  type: string
  organizationId: string
  status: DeliveryStatus
  attempts: number
  lastAttemptAt: Date | null
  lastHttpStatus: number | null
  /** The stable code of the error of the last attempt; null when the attempt got an answer. */
  lastError: string | null
  /** Null while no attempt follows: the endpoint is disabled, or its organization is not active. */
  nextAttemptAt: Date | null
  createdAt: Date
}

const deliveries = (db: DatabaseConnection) =>
  db
    .selectFrom('webhook_deliveries as delivery')
    .innerJoin('outbox_events as event', 'event.id', 'delivery.event_id')
    .innerJoin('webhook_endpoints as endpoint', 'endpoint.id', 'delivery.endpoint_id')
    .innerJoin('organizations as organization', 'organization.id', 'endpoint.organization_id')
    .select([
      'delivery.id',
      'delivery.endpoint_id as endpointId',
      'delivery.event_id as eventId',
      'event.type',
    ])
    .select(['delivery.organization_id as organizationId', 'delivery.status', 'delivery.attempts'])
    .select(['last_attempt_at as lastAttemptAt', 'last_http_status as lastHttpStatus'])
    .select(['last_error as lastError', 'delivery.created_at as createdAt'])
    .select(
      sql<Date | null>`case when endpoint.disabled_at is null and organization.status = 'active'
        then next_attempt_at end`.as('nextAttemptAt'),
    )

export async function listDeliveries(
  db: DatabaseConnection,
  endpointId: string,
  filter: Page & { status?: DeliveryStatus | undefined },
): Promise<WebhookDelivery[]> {
  let query = deliveries(db)
    .where('delivery.endpoint_id', '=', endpointId)
    .orderBy('delivery.position', 'desc')
    .limit(filter.limit)
  if (filter.status !== undefined) query = query.where('delivery.status', '=', filter.status)
  if (filter.after !== undefined) {
    const last = db.selectFrom('webhook_deliveries').select('position').where('id', '=', filter.after)
    query = query.where('delivery.position', '<', last)
  }
  return query.execute()
}

/** @returns undefined when the delivery does not exist or the organization of its endpoint is outside of the subtree. */
export async function findDelivery(
  db: DatabaseConnection,
  subtree: Subtree,
  id: string,
): Promise<WebhookDelivery | undefined> {
  if (!isId(id, 'dlv')) return undefined
  return deliveries(db)
    .where('delivery.id', '=', id)
    .where('organization.path', '>=', subtree)
    .where('organization.path', '<', subtreeEnd(subtree))
    .executeTakeFirst()
}

/**
 * Delivers an event again. A pending delivery is attempted now. For a delivered or failed one, a new delivery of the same
 * event is queued behind the pending ones.
 * @returns the id of the pending or new delivery.
 */
export async function redeliver(db: DatabaseConnection, id: string): Promise<string> {
  return db.transaction().execute(async (transaction) => {
    const pending = await transaction
      .updateTable('webhook_deliveries')
      .set({ next_attempt_at: sql<Date>`least(next_attempt_at, now())` })
      .where('id', '=', id)
      .where('status', '=', 'pending')
      .returning('id')
      .executeTakeFirst()
    const again = newId('dlv')
    if (pending === undefined)
      await sql`
        insert into webhook_deliveries (id, endpoint_id, event_id, organization_id, subject_id)
        select ${again}::text, endpoint_id, event_id, organization_id, subject_id
        from webhook_deliveries where id = ${id}
      `.execute(transaction)
    await wakeRelays(transaction)
    return pending?.id ?? again
  })
}

export async function queueTestEvent(
  db: DatabaseConnection,
  { id, organizationId }: Pick<WebhookEndpoint, 'id' | 'organizationId'>,
): Promise<string> {
  return db.transaction().execute(async (transaction) => {
    const [eventId, deliveryId] = [newId('evt'), newId('dlv')]
    const data = JSON.stringify({ organizationId, endpointId: id })
    await transaction
      .insertInto('outbox_events')
      .values({ id: eventId, organization_id: organizationId, type: testEventType, data })
      .execute()
    await transaction
      .insertInto('webhook_deliveries')
      .values({
        id: deliveryId,
        endpoint_id: id,
        event_id: eventId,
        organization_id: organizationId,
        subject_id: id,
      })
      .execute()
    await wakeRelays(transaction)
    return deliveryId
  })
}

async function wakeRelays(transaction: Transaction<Database>): Promise<void> {
  await sql`select pg_notify(${webhookChannel}, '')`.execute(transaction)
}
