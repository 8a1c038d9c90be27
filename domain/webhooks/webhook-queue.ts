import { sql } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'

/** A delivery that this process may attempt until the lease ends. */
export interface ClaimedDelivery {
  id: string
  endpointId: string
  /** The number of the attempt, from 1. It identifies the claim: see `recordOutcome`. */
  attempt: number
  eventId: string
  type: string
  at: Date
  data: Record<string, unknown>
  url: string
  secrets: string[]
}

/** Seconds after which another process may claim a delivery. Longer than an attempt and its recording can take. */
const lease = 30

/**
 * Claims deliveries that are due. For each endpoint, only the first pending delivery of an organization, and of a subject,
 * is due, so that events arrive in order. An endpoint of an organization that is not active gets none: its deliveries wait until
 * the organization is restored. Several processes may call this at once.
 * @param limits `total` and `perEndpoint` are the largest numbers of deliveries, so that a slow endpoint does not take all
 * slots. `busyEndpoints` are the ids of endpoints that get no delivery now.
 */
export async function claimDeliveries(
  db: DatabaseConnection,
  limits: { total: number; perEndpoint: number; busyEndpoints: readonly string[] },
): Promise<ClaimedDelivery[]> {
  // Skips from organization to organization along the index, so that a long queue behind a failing delivery is not read.
  const { rows } = await sql<ClaimedDelivery>`
    with recursive head as (
      select first.*
      from webhook_endpoints as endpoint join organizations as owner on owner.id = endpoint.organization_id, lateral (
        select id, endpoint_id, organization_id, subject_id, position, next_attempt_at from webhook_deliveries
        where endpoint_id = endpoint.id and status = 'pending'
        order by organization_id, position limit 1
      ) as first
      where endpoint.disabled_at is null and owner.status = 'active'
        and not (endpoint.id = any (${limits.busyEndpoints}::text[]))
      union all
      select next.*
      from head, lateral (
        select id, endpoint_id, organization_id, subject_id, position, next_attempt_at from webhook_deliveries
        where endpoint_id = head.endpoint_id and status = 'pending' and organization_id > head.organization_id
        order by organization_id, position limit 1
      ) as next
    ), due as (
      select id, row_number() over (partition by endpoint_id order by next_attempt_at, position) as place
      from head
      where next_attempt_at <= now() and not exists (
        select from webhook_deliveries as earlier
        where earlier.endpoint_id = head.endpoint_id and earlier.status = 'pending'
          and earlier.subject_id = head.subject_id and earlier.position < head.position)
    ), taken as (
      select id from webhook_deliveries
      where id in (select id from due where place <= ${limits.perEndpoint})
        and status = 'pending' and next_attempt_at <= now()
      order by next_attempt_at, position limit ${limits.total}
      for update skip locked
    )
    update webhook_deliveries as delivery set
      attempts = attempts + 1,
      last_attempt_at = now(),
      next_attempt_at = now() + make_interval(secs => ${lease})
    from webhook_endpoints as endpoint, outbox_events as event
    where delivery.id in (select id from taken) and endpoint.id = delivery.endpoint_id and event.id = delivery.event_id
    returning delivery.id, endpoint.id as "endpointId", attempts as attempt, event.id as "eventId", event.type,
      event.created_at as at, event.data, endpoint.url,
      case when previous_secret_until > now() then array[secret, previous_secret] else array[secret] end as secrets
  `.execute(db)
  return rows
}

/** The outcome of an attempt. `error` is a stable code; null when the endpoint answered. */
export interface AttemptOutcome {
  result:
    | { status: 'delivered' }
    /** No further attempt is made. `gone` also disables the endpoint. */
    | { status: 'failed'; gone: boolean }
    /** The next attempt is made after `retryAfter` milliseconds. */
    | { status: 'pending'; retryAfter: number }
  httpStatus: number | null
  error: string | null
}

/** Records the outcome of an attempt. It changes nothing when another process has claimed the delivery since. */
export async function recordOutcome(
  db: DatabaseConnection,
  { id, attempt, endpointId }: Pick<ClaimedDelivery, 'id' | 'attempt' | 'endpointId'>,
  { result, httpStatus, error }: AttemptOutcome,
): Promise<void> {
  const next =
    result.status === 'pending'
      ? sql<Date>`now() + make_interval(secs => ${result.retryAfter / 1_000})`
      : sql<null>`null`
  await db.transaction().execute(async (transaction) => {
    const recorded = await transaction
      .updateTable('webhook_deliveries')
      .set({ status: result.status, last_http_status: httpStatus, last_error: error, next_attempt_at: next })
      .where('id', '=', id)
      .where('status', '=', 'pending')
      .where('attempts', '=', attempt)
      .executeTakeFirst()
    if (recorded.numUpdatedRows === 0n || result.status !== 'failed' || !result.gone) return
    await transaction
      .updateTable('webhook_endpoints')
      .set({ disabled_at: sql<Date>`now()`, disabled_reason: 'gone', updated_at: sql<Date>`now()` })
      .where('id', '=', endpointId)
      .where('disabled_at', 'is', null)
      .execute()
  })
}

const pruneBatch = 5_000

/**
 * Deletes deliveries older than 30 days that are not pending, or whose endpoint was deleted or disabled or belongs to a closed
 * organization, and then events older than 30 days without deliveries.
 * @returns the number of deleted deliveries.
 */
export async function pruneDeliveries(db: DatabaseConnection): Promise<number> {
  let pruned = 0
  for (;;) {
    const { numAffectedRows = 0n } = await sql`
      delete from webhook_deliveries where id in (
        select delivery.id from webhook_deliveries as delivery
        left join webhook_endpoints as endpoint on endpoint.id = delivery.endpoint_id
        left join organizations as owner on owner.id = endpoint.organization_id
        where delivery.created_at < now() - interval '30 days'
          and (coalesce(last_attempt_at, delivery.created_at) < now() - interval '30 days')
          and (delivery.status <> 'pending' or endpoint.id is null or endpoint.disabled_at is not null
            or owner.status = 'closed')
        limit ${pruneBatch} for update of delivery skip locked)
    `.execute(db)
    pruned += Number(numAffectedRows)
    if (numAffectedRows < pruneBatch) break
  }
  for (;;) {
    const { numAffectedRows = 0n } = await sql`
      delete from outbox_events where id in (
        select id from outbox_events as event
        where created_at < now() - interval '30 days'
          and not exists (select from webhook_deliveries where event_id = event.id)
        limit ${pruneBatch} for update skip locked)
    `.execute(db)
    if (numAffectedRows < pruneBatch) return pruned
  }
}
