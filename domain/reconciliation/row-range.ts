import { type RawBuilder, sql } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'

/** The rows of a table to compare: those with an id after `after`, up to `upTo` unless it is null; or a single row. */
export type RowRange = { after: string; upTo: string | null } | { only: string }

type Table = 'organizations' | 'users' | 'devices' | 'held_documents'

/** The number of rows that one statement compares. It bounds the statement on large tables. */
const rowsInRange = 2_000

/** The next rows after an id. `upTo` is null when no rows follow them. */
export async function nextRowRange(db: DatabaseConnection, table: Table, after: string) {
  const last = await db
    .selectFrom(table)
    .select('id')
    .where('id', '>', after)
    .orderBy('id')
    .offset(rowsInRange - 1)
    .limit(1)
    .executeTakeFirst()
  return { after, upTo: last?.id ?? null }
}

export function isWithin(id: RawBuilder<unknown>, range: RowRange): RawBuilder<boolean> {
  if ('only' in range) return sql`${id} = ${range.only}`
  const { after, upTo } = range
  return upTo === null ? sql`${id} > ${after}` : sql`${id} > ${after} and ${id} <= ${upTo}`
}

/** The run may still change the organization, so a difference is not a finding. */
export function hasOpenRun(organizationId: RawBuilder<unknown>): RawBuilder<boolean> {
  return sql`exists (select from runs as open where open.organization_id = ${organizationId} and open.closed_at is null)`
}

/** An SQL condition: the time is longer ago than the grace, in milliseconds. */
export function isOlder(time: RawBuilder<unknown>, grace: number): RawBuilder<boolean> {
  return sql`${time} <= now() - make_interval(secs => ${grace / 1000}::double precision)`
}
