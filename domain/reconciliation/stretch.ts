import { type RawBuilder, sql } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'

/** Which rows of a table to look at: those after one id and up to another, where there is one, or a single row. */
export type Stretch = { after: string; upTo: string | null } | { only: string }

type Table = 'organizations' | 'users' | 'devices'

/** How many rows one statement looks at, so that none takes long, however large the table is. */
const rowsAStretch = 2_000

/** The rows that come next after an id. `upTo` is null for the last of them. */
export async function nextStretch(db: DatabaseConnection, table: Table, after: string) {
  const last = await db
    .selectFrom(table)
    .select('id')
    .where('id', '>', after)
    .orderBy('id')
    .offset(rowsAStretch - 1)
    .limit(1)
    .executeTakeFirst()
  return { after, upTo: last?.id ?? null }
}

export function isWithin(id: RawBuilder<unknown>, stretch: Stretch): RawBuilder<boolean> {
  if ('only' in stretch) return sql`${id} = ${stretch.only}`
  const { after, upTo } = stretch
  return upTo === null ? sql`${id} > ${after}` : sql`${id} > ${after} and ${id} <= ${upTo}`
}

/**
 * Whether a run that has not ended is about the organization: then what it leaves half done is no orphan.
 * @param organizationId with the name of its table.
 */
export function hasOpenRun(organizationId: RawBuilder<unknown>): RawBuilder<boolean> {
  return sql`exists (select from runs as open where open.organization_id = ${organizationId} and open.closed_at is null)`
}

/** Whether it has been so for longer than the grace, in milliseconds. */
export function isOlder(time: RawBuilder<unknown>, grace: number): RawBuilder<boolean> {
  return sql`${time} <= now() - make_interval(secs => ${grace / 1000}::double precision)`
}
