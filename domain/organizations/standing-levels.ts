import { sql } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import { wasCancelled } from '../decisions/read-decisions.ts'
import type { Subtree } from '../access/subtree.ts'
import { findParentStatus } from './read-organizations.ts'
import type { Standing } from './standing.ts'

// A level is the path of an organization that decides on the standing of those below it. The path of a level above is shorter.

/** The level of a run: the organization whose API key requested it. A schedule decides as the platform. */
export async function findLevelOfRun(db: DatabaseConnection, runId: string): Promise<Subtree> {
  const { rows } = await sql<{ path: Subtree }>`
    select path from organizations
    where type = 'platform' or id = (
      select key.organization_id from runs join api_keys as key on key.id = runs.api_key_id where runs.id = ${runId})
    order by path desc limit 1
  `.execute(db)
  return rows[0]?.path ?? ''
}

interface Decision {
  level: Subtree
  status: Exclude<Standing, 'active'>
}

/** The decision of one level on an organization that stands. */
export async function findOwnDecision(
  db: DatabaseConnection,
  organizationId: string,
  level: Subtree,
): Promise<Decision['status'] | undefined> {
  const decisions = await listDecisions(db, organizationId)
  return decisions.find((decision) => decision.level === level)?.status
}

/** Why a level may not restore an organization. */
export type RestoreRefusal =
  | { reason: 'onboarding_cancelled' | 'decided_above' | 'active' }
  | { reason: 'parent_not_active'; status: Exclude<Standing, 'active'> }

/** @returns undefined when the level may restore the organization. */
export async function findRestoreRefusal(
  db: DatabaseConnection,
  { id, status }: { id: string; status: Standing },
  level: Subtree,
): Promise<RestoreRefusal | undefined> {
  if (await wasOnboardingCancelled(db, id)) return { reason: 'onboarding_cancelled' }
  const decisions = await listDecisions(db, id)
  if (decisions.some((decision) => !decision.level.startsWith(level))) return { reason: 'decided_above' }
  if (status === 'active') return { reason: 'active' }
  const parentStatus = await findParentStatus(db, id)
  return parentStatus === 'active' ? undefined : { reason: 'parent_not_active', status: parentStatus }
}

/** The decisions on an organization that stand, at most one of each level. */
async function listDecisions(db: DatabaseConnection, organizationId: string): Promise<Decision[]> {
  const { rows } = await sql<Decision>`
    select level_path as level, status from standing_of(${organizationId})
  `.execute(db)
  return rows
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
