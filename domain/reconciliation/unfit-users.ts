import { sql } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { Sighting } from './findings.ts'
import { isOlder, isWithin, type RowRange } from './row-range.ts'

export const userFindingKinds = ['user_of_ended_onboarding'] as const

/** @param grace the time in milliseconds since the run closed under which a user is ignored. */
export async function findUnfitUsers(
  db: DatabaseConnection,
  range: RowRange,
  grace: number,
): Promise<Sighting[]> {
  const { rows } = await sql<{ userId: string; organizationId: string; runId: string }>`
    select person.id as "userId", person.organization_id as "organizationId", run.id as "runId"
    from users as person cross join lateral (
      select id, status, closed_at from runs
      where organization_id = person.organization_id and user_id = person.id and kind in ('add-account', 'add-user')
      order by status not in ('cancelled', 'failed') desc, id desc limit 1
    ) as run
    where ${isWithin(sql`person.id`, range)} and run.status in ('cancelled', 'failed')
      and person.email is not null and ${isOlder(sql`run.closed_at`, grace)}
    order by person.id
  `.execute(db)
  return rows.map(({ userId, organizationId, runId }) => ({
    kind: 'user_of_ended_onboarding',
    subject: userId,
    organizationId,
    billingAdapter: null,
    details: { runId },
  }))
}
