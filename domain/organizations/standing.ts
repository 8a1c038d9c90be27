import { sql, type Transaction } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { Database } from '../database/tables.ts'
import { findPlace, type PlaceInTree } from './organization-tree.ts'
import { mayHold } from './organization-types.ts'
import { idsOnPath, type Subtree, subtreeEnd } from '../access/subtree.ts'

export type Standing = PlaceInTree['status']

/**
 * Records a decision of one level on the standing of an organization. It replaces the present decision of that level; `active` also
 * ends those of the levels below it. All data is kept. The caller has called `lockStanding`.
 * @param decision `level` is the path of the organization that decides. `by` is the id of the run or finding that carries it out.
 * @returns the status of the organization, which may be stronger than this decision.
 */
export async function decideStanding(
  transaction: Transaction<Database>,
  place: PlaceInTree,
  { level, status, by }: { level: Subtree; status: Standing; by: string },
): Promise<Standing> {
  await transaction
    .insertInto('standing_decisions')
    .values({ organization_id: place.id, level_path: level, status, decided_by: by })
    .execute()
  return refreshStatus(transaction, place)
}

/** Takes back the decision of a run, as if it had not been made. Other decisions stay. Otherwise as `decideStanding`. */
export async function undoStanding(
  transaction: Transaction<Database>,
  place: PlaceInTree,
  by: string,
): Promise<Standing> {
  await transaction
    .deleteFrom('standing_decisions')
    .where('organization_id', '=', place.id)
    .where('decided_by', '=', by)
    .execute()
  return refreshStatus(transaction, place)
}

/**
 * Locks the standing of an organization until the transaction ends. For a unit, it locks that of the whole enterprise, because a
 * decision on the enterprise changes the status of its units.
 * @returns undefined when the organization does not exist.
 */
export async function lockStanding(
  transaction: Transaction<Database>,
  id: string,
): Promise<PlaceInTree | undefined> {
  const place = await findPlace(transaction, id)
  if (place === undefined) return undefined
  await transaction
    .selectFrom('organizations')
    .select('id')
    .where('id', 'in', idsOnPath(place.path))
    .where((eb) => eb.or([eb('id', '=', id), eb('type', '=', 'enterprise')]))
    .orderBy('path')
    .limit(1)
    .forNoKeyUpdate()
    .execute()
  // Another statement, because the one that waited for the lock has the snapshot from before the wait.
  return findPlace(transaction, id)
}

/**
 * Reads the status of an organization and holds it until the transaction ends: a decision on it, or on the enterprise of a unit,
 * waits. @returns undefined when the organization does not exist.
 */
export async function holdStanding(
  transaction: Transaction<Database>,
  id: string,
): Promise<Standing | undefined> {
  const row = await transaction
    .selectFrom('organizations')
    .select('status')
    .where('id', '=', id)
    .forShare()
    .executeTakeFirst()
  return row?.status
}

/** The number of accounts directly below an organization that are not closed, without units, whose status follows it. */
export async function countOpenAccounts(db: DatabaseConnection, id: string): Promise<number> {
  const { open } = await db
    .selectFrom('organizations')
    .select(sql<number>`count(*)::int`.as('open'))
    .where('parent_id', '=', id)
    .where('type', '!=', 'unit')
    .where('status', '!=', 'closed')
    .executeTakeFirstOrThrow()
  return open
}

/**
 * Derives the status of an organization from the decisions that stand, and with it that of the units below it. An organization
 * below a partner keeps its status. Signs out the users of the organizations that are not active any more.
 */
async function refreshStatus(
  transaction: Transaction<Database>,
  { id, type, path }: PlaceInTree,
): Promise<Standing> {
  // Sends the webhook event organization.suspended, closed or restored: see database/schema/webhook-events.sql.
  const { rows } = await sql<{ status: Standing }>`
    with affected as (
      select id, path from organizations where id = ${id}
      union all
      select id, path from organizations
      where ${mayHold(type, 'unit')} and type = 'unit' and id <> ${id} and path >= ${path} and path < ${subtreeEnd(path)}
    ), chain as (
      select id, path from organizations where id = any(${idsOnPath(path)}) and type in ('enterprise', 'unit')
      union
      select id, path from affected
    ), standing as (
      select affected.id, case when bool_or(decision.status = 'closed') then 'closed'
        when count(decision.status) > 0 then 'suspended' else 'active' end as status
      from affected left join (chain cross join lateral standing_of(chain.id) as decision)
        on starts_with(affected.path, chain.path)
      group by affected.id
    ), changed as (
      update organizations as organization set status = standing.status, version = version + 1, updated_at = now()
      from standing where organization.id = standing.id and organization.status <> standing.status
      returning organization.id, organization.status
    ), signed_out as (
      delete from sessions using users, changed
      where sessions.user_id = users.id and users.organization_id = changed.id and changed.status <> 'active'
    )
    select status from standing where id = ${id}
  `.execute(transaction)
  return rows[0]?.status ?? 'active'
}
