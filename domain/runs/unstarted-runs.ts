import { sql } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import { wasCancelled } from '../decisions/read-decisions.ts'
import type { UndoAnswers } from '../decisions/decision.ts'
import type { RunRequest } from './run-requests.ts'
import type { OrganizationType } from '../organizations/organization-types.ts'
import type { PlannedStep } from './run-plan.ts'

/** A run with everything that the start of its workflow needs. */
export type StartableRun = RunRequest & {
  id: string
  plan: PlannedStep[]
  /** The parent of the account to be added; for a run of another kind, the account itself. */
  parent: { id: string; name: string; type: OrganizationType; path: string }
  /** Set when the run was cancelled: the answers for the steps whose undo policy is `ask`. Otherwise null or left out. */
  undoing?: UndoAnswers | null
}

/**
 * Takes runs that seem to have no workflow: accepted and not started for 2 seconds, or running or cancelling without a
 * change for 60 seconds. A taken run is not taken again for as long, so several processes may call this at once.
 * @param limit the largest number of runs to take.
 */
export async function takeUnstarted(db: DatabaseConnection, limit: number): Promise<StartableRun[]> {
  const { rows } = await sql<StartableRun>`
    with taken as (
      update runs set updated_at = now()
      where id in (
        select id from runs
        where (status = 'accepted' and updated_at < now() - interval '2 seconds')
          or (status in ('running', 'cancelling') and updated_at < now() - interval '60 seconds')
        order by updated_at limit ${limit}
        for update skip locked
      )
      returning id, kind, parent_id, request, plan
    )
    select ${startableColumns} from taken as run join organizations as parent on parent.id = run.parent_id
  `.execute(db)
  return rows
}

/** Reads a run that is not closed. @returns undefined when the run is closed or does not exist. */
export async function findStartable(db: DatabaseConnection, id: string): Promise<StartableRun | undefined> {
  const { rows } = await sql<StartableRun>`
    select ${startableColumns} from runs as run join organizations as parent on parent.id = run.parent_id
    where run.id = ${id} and run.closed_at is null
  `.execute(db)
  return rows[0]
}

const startableColumns = sql`run.id, run.kind, run.request, run.plan,
  json_build_object('id', parent.id, 'name', parent.name, 'type', parent.type, 'path', parent.path) as parent,
  case when ${wasCancelled(sql`run.id`)} then coalesce((
    select undo from decisions
    where run_id = run.id and action = 'cancel' and taken_at is not null order by taken_at desc limit 1
  ), '{}') end as undoing`
