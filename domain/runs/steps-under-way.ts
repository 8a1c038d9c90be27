import { sql } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'

/** A step in one version, and how many runs that have not ended have it in their plan. */
export interface StepUnderWay {
  id: string
  version: number
  runs: number
}

export async function stepsUnderWay(db: DatabaseConnection): Promise<StepUnderWay[]> {
  const { rows } = await sql<StepUnderWay>`
    select step ->> 'id' as id, (step ->> 'version')::integer as version, count(*)::integer as runs
    from runs, jsonb_array_elements(plan) as step
    where status in ('accepted', 'running', 'needs_attention', 'cancelling')
    group by 1, 2
    order by 1, 2
  `.execute(db)
  return rows
}
