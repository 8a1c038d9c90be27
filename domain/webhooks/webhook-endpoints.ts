import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import { isId, newId } from '../ids.ts'
import type { Page } from '../database/list-page.ts'
import { type Subtree, subtreeEnd } from '../access/subtree.ts'

/** A URL that receives the events of an organization and of everything below it. */
export interface WebhookEndpoint {
  id: string
  organizationId: string
  url: string
  /** Null: every type. */
  events: string[] | null
  disabledAt: Date | null
  /** `asked`: a person disabled the endpoint. `gone`: the endpoint answered 410. Null while it is enabled. */
  disabledReason: 'asked' | 'gone' | null
  createdAt: Date
  updatedAt: Date
}

const columns = [
  'webhook_endpoints.id',
  'webhook_endpoints.organization_id as organizationId',
  'url',
  'events',
  'disabled_at as disabledAt',
  'disabled_reason as disabledReason',
  'webhook_endpoints.created_at as createdAt',
  'webhook_endpoints.updated_at as updatedAt',
] as const

/** A secret in the form of Standard Webhooks, which asks for 24 to 64 random bytes in base64. */
function newSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`
}

/** The largest number of endpoints of one organization. Each endpoint receives all events of the subtree. */
export const mostEndpoints = 20

/** @returns undefined when the organization already has `mostEndpoints` endpoints. */
export async function createEndpoint(
  db: DatabaseConnection,
  endpoint: { organizationId: string; url: string; events: string[] | null },
): Promise<{ endpoint: WebhookEndpoint; secret: string } | undefined> {
  const secret = newSecret()
  const { organizationId: organization_id, url, events } = endpoint
  return db.transaction().execute(async (transaction) => {
    // The lock makes concurrent calls count one after the other.
    await sql`select from organizations where id = ${organization_id} for no key update`.execute(transaction)
    const { count } = await transaction
      .selectFrom('webhook_endpoints')
      .select(sql<number>`count(*)::int`.as('count'))
      .where('organization_id', '=', organization_id)
      .executeTakeFirstOrThrow()
    if (count >= mostEndpoints) return undefined
    const created = await transaction
      .insertInto('webhook_endpoints')
      .values({ id: newId('whe'), organization_id, url, events, secret })
      .returning(columns)
      .executeTakeFirstOrThrow()
    return { endpoint: created, secret }
  })
}

export async function listEndpoints(
  db: DatabaseConnection,
  organizationId: string,
  page: Page,
): Promise<WebhookEndpoint[]> {
  let query = db
    .selectFrom('webhook_endpoints')
    .select(columns)
    .where('organization_id', '=', organizationId)
    .orderBy('id')
    .limit(page.limit)
  if (page.after !== undefined) query = query.where('id', '>', page.after)
  return query.execute()
}

/** @returns undefined when the endpoint does not exist or its organization is outside of the subtree. */
export async function findEndpoint(
  db: DatabaseConnection,
  subtree: Subtree,
  id: string,
): Promise<WebhookEndpoint | undefined> {
  if (!isId(id, 'whe')) return undefined
  return db
    .selectFrom('webhook_endpoints')
    .innerJoin('organizations', 'organizations.id', 'webhook_endpoints.organization_id')
    .select(columns)
    .where('webhook_endpoints.id', '=', id)
    .where('path', '>=', subtree)
    .where('path', '<', subtreeEnd(subtree))
    .executeTakeFirst()
}

/** Fields that are left out keep their value. `events` null: every type. */
export interface EndpointChanges {
  url?: string | undefined
  events?: string[] | null | undefined
  enabled?: boolean | undefined
}

/** @returns the changed endpoint; undefined when it was deleted in the meantime. */
export async function changeEndpoint(
  db: DatabaseConnection,
  id: string,
  { url, events, enabled }: EndpointChanges,
): Promise<WebhookEndpoint | undefined> {
  return db
    .updateTable('webhook_endpoints')
    .set({
      updated_at: sql<Date>`now()`,
      ...(url === undefined ? {} : { url }),
      ...(events === undefined ? {} : { events }),
      ...(enabled === true ? { disabled_at: null, disabled_reason: null } : {}),
      ...(enabled === false
        ? {
            disabled_at: sql<Date>`coalesce(disabled_at, now())`,
            disabled_reason: sql<'asked'>`coalesce(disabled_reason, 'asked')`,
          }
        : {}),
    })
    .where('id', '=', id)
    .returning(columns)
    .executeTakeFirst()
}

/**
 * Gives an endpoint a new secret. For 24 hours the previous secret signs as well, so that the receiver can switch.
 * @returns the endpoint and the new secret; undefined when the endpoint was deleted in the meantime.
 */
export async function rotateSecret(
  db: DatabaseConnection,
  id: string,
): Promise<{ endpoint: WebhookEndpoint; secret: string } | undefined> {
  const secret = newSecret()
  const endpoint = await db
    .updateTable('webhook_endpoints')
    .set((eb) => ({
      secret,
      previous_secret: eb.ref('secret'),
      previous_secret_until: sql<Date>`now() + interval '24 hours'`,
      updated_at: sql<Date>`now()`,
    }))
    .where('id', '=', id)
    .returning(columns)
    .executeTakeFirst()
  return endpoint === undefined ? undefined : { endpoint, secret }
}

/** Deletes an endpoint with its deliveries. An attempt that is in progress may still arrive. */
export async function deleteEndpoint(db: DatabaseConnection, id: string): Promise<void> {
  await db.deleteFrom('webhook_endpoints').where('id', '=', id).execute()
  await db.deleteFrom('webhook_deliveries').where('endpoint_id', '=', id).execute()
}
