import { sql } from 'kysely'
import type { AddAccountRequest } from './add-account-request.ts'
import type { DatabaseConnection } from '../database/connection.ts'
import { newId } from '../ids.ts'
import type { PlannedStep } from './run-plan.ts'

export interface NewOnboarding {
  parentId: string
  apiKeyId: string
  idempotencyKey: string | undefined
  bodyHash: string
  request: AddAccountRequest
  plan: PlannedStep[]
}

/**
 * Stores an onboarding and its first event in one statement. From here on it cannot be lost.
 * @returns undefined when a request with the same key was accepted at the same time, or the parent does not exist.
 */
export async function acceptOnboarding(
  db: DatabaseConnection,
  onboarding: NewOnboarding,
): Promise<{ id: string; acceptedAt: Date } | undefined> {
  const id = newId('onb')
  // Sends the webhook event onboarding.accepted: see database/schema/webhook-events.sql.
  // No client knows the id yet, so there is no notification on `runChannel`.
  const { rows } = await sql<{ acceptedAt: Date }>`
    with accepted as (
      insert into runs (id, parent_id, api_key_id, idempotency_key, body_hash, request, plan, event_count)
      select ${id}, parent.id, ${onboarding.apiKeyId}, ${onboarding.idempotencyKey ?? null}::text,
        ${onboarding.bodyHash}, ${JSON.stringify(onboarding.request)}::jsonb, ${JSON.stringify(onboarding.plan)}::jsonb, 1
      from organizations as parent
      where parent.id = ${onboarding.parentId}
      on conflict (api_key_id, parent_id, idempotency_key) where idempotency_key is not null do nothing
      returning id, accepted_at
    ), first_event as (
      insert into run_events (run_id, sequence, type, data)
      select id, 1, 'onboarding', '{"status":"accepted"}' from accepted
    )
    select accepted_at as "acceptedAt" from accepted
  `.execute(db)
  const row = rows[0]
  return row === undefined ? undefined : { id, acceptedAt: row.acceptedAt }
}
