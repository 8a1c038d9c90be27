import { sql } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'

/** A step in one version, and the number of open runs that have it in their run plan. */
export interface StepInUse {
  id: string
  version: number
  runs: number
}

export async function listStepsInUse(db: DatabaseConnection): Promise<StepInUse[]> {
  const { rows } = await sql<StepInUse>`
    select step ->> 'id' as id, (step ->> 'version')::integer as version, count(*)::integer as runs
    from runs, jsonb_array_elements(plan) as step
    where status in ('accepted', 'running', 'needs_attention', 'cancelling')
    group by 1, 2
    order by 1, 2
  `.execute(db)
  return rows
}
