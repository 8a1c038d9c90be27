import { createHash } from 'node:crypto'
import { canonicalize } from 'json-canonicalize'
import { sql } from 'kysely'
import type { AddAccountRequest } from './add-account-request.ts'
import type { DatabaseConnection } from '../database/connection.ts'
import { newId } from '../ids.ts'
import type { PlannedStep } from './run-plan.ts'

/** Who sent a request under which key. A caller may use the same key again under another parent. */
export interface IdempotencyScope {
  apiKeyId: string
  parentId: string
  key: string
}

/** The hash that tells whether two requests under one key are the same: by meaning, not by spelling. */
export function hashBody(normalisedBody: unknown): string {
  return createHash('sha256').update(canonicalize(normalisedBody)).digest('hex')
}

/** What an earlier request under this key became. */
export async function findEarlierRequest(
  db: DatabaseConnection,
  scope: IdempotencyScope,
): Promise<{ id: string; bodyHash: string } | undefined> {
  return db
    .selectFrom('runs')
    .select(['id', 'body_hash as bodyHash'])
    .where('api_key_id', '=', scope.apiKeyId)
    .where('parent_id', '=', scope.parentId)
    .where('idempotency_key', '=', scope.key)
    .executeTakeFirst()
}

export interface NewRun {
  parentId: string
  apiKeyId: string
  idempotencyKey: string | undefined
  bodyHash: string
  request: AddAccountRequest
  plan: PlannedStep[]
}

/**
 * Stores the request and its first event in one statement and one commit. From here on it can't be lost.
 * @returns undefined when a request with the same key was accepted at the same time, or the parent is gone.
 */
export async function acceptRun(
  db: DatabaseConnection,
  onboarding: NewRun,
): Promise<{ id: string; acceptedAt: Date } | undefined> {
  const id = newId('onb')
  // Told by webhook as onboarding.accepted: see database/schema/webhook-events.sql.
  // Nobody can listen to an id that was not answered yet, so there is no notification.
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
