import { sql } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import { wasCancelled } from '../decisions/read-decisions.ts'
import { findParentStatus } from './read-organizations.ts'
import type { Level, Standing } from './standing.ts'

/** The level of a run: the organization whose API key requested it. A schedule decides as the platform. */
export async function findLevelOfRun(db: DatabaseConnection, runId: string): Promise<Level> {
  const { rows } = await sql<Level>`
    select level.id, level.path
    from organizations as level left join (
      runs join api_keys as key on key.id = runs.api_key_id
    ) on runs.id = ${runId}
    where case when key.id is null then level.type = 'platform' else level.id = key.organization_id end
  `.execute(db)
  const [level] = rows
  if (level === undefined) throw new Error('The database has no platform.')
  return level
}

/** The decision of one level on an organization that stands. */
export async function findOwnDecision(
  db: DatabaseConnection,
  organizationId: string,
  level: Pick<Level, 'id'>,
): Promise<'suspended' | 'closed' | undefined> {
  const row = await db
    .selectFrom('standing_decisions')
    .select('status')
    .where('organization_id', '=', organizationId)
    .where('level_id', '=', level.id)
    .where('ended_by', 'is', null)
    .executeTakeFirst()
  return row?.status
}

/** Why a level may not restore an organization. */
export type RestoreRefusal =
  | { reason: 'onboarding_cancelled' | 'decided_above' | 'active' }
  | { reason: 'parent_not_active'; status: Exclude<Standing, 'active'> }

/** @returns undefined when the level may restore the organization. */
export async function findRestoreRefusal(
  db: DatabaseConnection,
  { id, status }: { id: string; status: Standing },
  level: Level,
): Promise<RestoreRefusal | undefined> {
  if (await wasOnboardingCancelled(db, id)) return { reason: 'onboarding_cancelled' }
  if (await wasDecidedAbove(db, id, level)) return { reason: 'decided_above' }
  if (status === 'active') return { reason: 'active' }
  const parentStatus = await findParentStatus(db, id)
  return parentStatus === 'active' ? undefined : { reason: 'parent_not_active', status: parentStatus }
}

/** Whether the onboarding of an account was cancelled, which ends its plan, and removes or closes the account. */
async function wasOnboardingCancelled(db: DatabaseConnection, id: string): Promise<boolean> {
  const cancelled = await db
    .selectFrom('runs')
    .select('id')
    .where('organization_id', '=', id)
    .where('kind', '=', 'add-account')
    .where((eb) => eb.or([eb('status', '=', 'cancelled'), wasCancelled(sql.ref('runs.id'))]))
    .executeTakeFirst()
  return cancelled !== undefined
}

async function wasDecidedAbove(db: DatabaseConnection, id: string, { path }: Level): Promise<boolean> {
  const above = await db
    .selectFrom('standing_decisions as decision')
    .innerJoin('organizations as level', 'level.id', 'decision.level_id')
    .select('level.id')
    .where('decision.organization_id', '=', id)
    .where('decision.ended_by', 'is', null)
    .where(sql<boolean>`not starts_with(level.path, ${path})`)
    .executeTakeFirst()
  return above !== undefined
}
