import { sql } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import { newId } from '../ids.ts'
import type { OperationRequest } from './run-requests.ts'
import type { PlannedStep } from './run-plan.ts'

/** The origin of an operation: a caller, or a schedule, whose key makes a repeated request the same one. */
export type OperationOrigin =
  | { apiKeyId: string; idempotencyKey: string | undefined; bodyHash: string }
  | { scheduleKey: string }

export type NewOperation = OperationRequest & { origin: OperationOrigin; plan: PlannedStep[] }

/**
 * Stores an operation and its first event in one statement. From here on it cannot be lost.
 * @returns undefined when the account does not exist, the same operation was accepted before, or a conflicting operation
 * is open: one that changes the same account, or one that sends a message to the same user.
 */
export async function acceptOperation(
  db: DatabaseConnection,
  { kind, request, origin, plan }: NewOperation,
): Promise<{ id: string; acceptedAt: Date } | undefined> {
  const from =
    'scheduleKey' in origin
      ? { apiKeyId: null, idempotencyKey: origin.scheduleKey, bodyHash: '' }
      : { ...origin, idempotencyKey: origin.idempotencyKey ?? null }
  const userId = 'userId' in request ? request.userId : null
  // Sends the webhook event operation.accepted: see database/schema/webhook-events.sql.
  const { rows } = await sql<{ id: string; acceptedAt: Date }>`
    with accepted as (
      insert into runs (id, kind, parent_id, organization_id, user_id, api_key_id, idempotency_key, body_hash, request,
        plan, event_count)
      select ${newId('opr')}, ${kind}, account.id, account.id, ${userId}::text, ${from.apiKeyId}::text,
        ${from.idempotencyKey}::text, ${from.bodyHash}, ${JSON.stringify(request)}::jsonb, ${JSON.stringify(plan)}::jsonb, 1
      from organizations as account
      where account.id = ${request.organizationId}
      on conflict do nothing
      returning id, accepted_at
    ), first_event as (
      insert into run_events (run_id, sequence, type, data)
      select id, 1, 'onboarding', '{"status":"accepted"}' from accepted
    )
    select id, accepted_at as "acceptedAt" from accepted
  `.execute(db)
  return rows[0]
}
