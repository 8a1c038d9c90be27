import { sql } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { FindingDetails } from '../database/tables/findings-table.ts'
import { type FindingKind, keptWhenImported } from './finding-kinds.ts'
import { newId } from '../ids.ts'

/** A difference that a comparison found. In every round, the same `kind` and `subject` are the same finding. */
export interface Sighting {
  kind: FindingKind
  subject: string
  organizationId: string | null
  billingAdapter: string | null
  details: FindingDetails
}

export interface Finding extends Sighting {
  id: string
  firstSeenAt: Date
  lastSeenAt: Date
  resolution: 'gone' | 'imported' | 'deleted' | null
  actor: string | null
}

/** The time of the database clock, which sets the timestamps of findings. */
export async function readClock(db: DatabaseConnection): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(db)
  const [row] = rows
  if (row === undefined) throw new Error('The database did not tell the time')
  return row.now
}

/**
 * Stores differences. An open finding is updated; otherwise a new one is inserted. An object that a person imported to keep
 * it gets no new finding.
 */
export async function noteSightings(db: DatabaseConnection, sightings: readonly Sighting[]): Promise<void> {
  if (sightings.length === 0) return
  const rows = sightings.map((sighting) => ({ ...sighting, id: newId('fnd') }))
  await sql`
    insert into findings (id, kind, subject, organization_id, billing_adapter, details, first_seen_at, last_seen_at)
    select id, kind, subject, "organizationId", "billingAdapter", details, clock_timestamp(), clock_timestamp()
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as seen (id text, kind text, subject text,
      "organizationId" text, "billingAdapter" text, details jsonb)
    where not (kind = any (${keptWhenImported}::text[]) and exists (
      select from findings as kept
      where kept.kind = seen.kind and kept.subject = seen.subject and kept.resolution = 'imported'))
    on conflict (kind, subject) where resolved_at is null do update set
      last_seen_at = excluded.last_seen_at, details = excluded.details,
      organization_id = excluded.organization_id, billing_adapter = excluded.billing_adapter
  `.execute(db)
}

/** @param comparison `since` is its start. `kinds` and `billingAdapter` say which findings it covers. */
export async function closeUnseen(
  db: DatabaseConnection,
  comparison: { kinds: readonly FindingKind[]; billingAdapter?: string | undefined; since: Date },
): Promise<void> {
  let query = db
    .updateTable('findings')
    .set({ resolved_at: sql<Date>`now()`, resolution: 'gone' })
    .where('kind', 'in', comparison.kinds)
    .where('resolved_at', 'is', null)
    .where('last_seen_at', '<', comparison.since)
  if (comparison.billingAdapter !== undefined)
    query = query.where('billing_adapter', '=', comparison.billingAdapter)
  await query.execute()
}

export async function closeFinding(
  db: DatabaseConnection,
  id: string,
  closing: { resolution: 'gone' } | { resolution: 'imported' | 'deleted'; actor: string; reason: string },
): Promise<boolean> {
  const resolved = await db
    .updateTable('findings')
    .set({ ...closing, resolved_at: sql<Date>`now()` })
    .where('id', '=', id)
    .where('resolved_at', 'is', null)
    .returning('id')
    .executeTakeFirst()
  return resolved !== undefined
}

export async function listOpenFindings(db: DatabaseConnection): Promise<Finding[]> {
  return findings(db).where('resolved_at', 'is', null).orderBy('id').execute()
}

export async function countOpenFindings(db: DatabaseConnection): Promise<Record<string, number>> {
  const counts = await db
    .selectFrom('findings')
    .select(['kind', sql<number>`count(*)::integer`.as('open')])
    .where('resolved_at', 'is', null)
    .groupBy('kind')
    .orderBy('kind')
    .execute()
  return Object.fromEntries(counts.map(({ kind, open }) => [kind, open]))
}

export async function findFinding(db: DatabaseConnection, id: string): Promise<Finding | undefined> {
  return findings(db).where('id', '=', id).executeTakeFirst()
}

function findings(db: DatabaseConnection) {
  return db
    .selectFrom('findings')
    .select([
      'id',
      'kind',
      'subject',
      'organization_id as organizationId',
      'billing_adapter as billingAdapter',
    ])
    .select(['details', 'first_seen_at as firstSeenAt', 'last_seen_at as lastSeenAt', 'resolution', 'actor'])
}
