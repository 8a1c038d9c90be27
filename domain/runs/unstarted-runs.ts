import { sql } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import { wasCancelled } from '../decisions/read-decisions.ts'
import type { UndoAnswers } from '../decisions/decision.ts'
import type { RunRequest } from './run-requests.ts'
import type { OrganizationType } from '../organizations/organization-types.ts'
import type { PlannedStep } from './run-plan.ts'

/** What starting a run's workflow takes. */
export type StartableRun = RunRequest & {
  id: string
  plan: PlannedStep[]
  /** Below which the account is added; for a run of another kind, the account itself. */
  parent: { id: string; name: string; type: OrganizationType; path: string }
  /** Once it was cancelled: what whoever did so answered for the steps whose policy is to ask. Else null, or left out. */
  undoing?: UndoAnswers | null
}

/**
 * Takes onboardings that nobody seems to work on: accepted two seconds ago and not started, or running without a change
 * for a minute. Each is left alone for as long again, so that several processes can do this at once.
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
    select ${whatStartingTakes} from taken as run join organizations as parent on parent.id = run.parent_id
  `.execute(db)
  return rows
}

/** What it takes to start a run. @returns undefined when it has ended, or there is no such run. */
export async function findStartable(db: DatabaseConnection, id: string): Promise<StartableRun | undefined> {
  const { rows } = await sql<StartableRun>`
    select ${whatStartingTakes} from runs as run join organizations as parent on parent.id = run.parent_id
    where run.id = ${id} and run.closed_at is null
  `.execute(db)
  return rows[0]
}

const whatStartingTakes = sql`run.id, run.kind, run.request, run.plan,
  json_build_object('id', parent.id, 'name', parent.name, 'type', parent.type, 'path', parent.path) as parent,
  case when ${wasCancelled(sql`run.id`)} then coalesce((
    select undo from decisions
    where run_id = run.id and action = 'cancel' and taken_at is not null order by taken_at desc limit 1
  ), '{}') end as undoing`
