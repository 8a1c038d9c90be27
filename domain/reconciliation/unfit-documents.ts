import { sql } from 'kysely'
import { inWords } from '../billing/check-document.ts'
import type { DatabaseConnection } from '../database/connection.ts'
import type { Sighting } from './findings.ts'
import { isOlder, isWithin, type RowRange } from './row-range.ts'

export const documentFindingKinds = ['document_unfit', 'document_waiting'] as const

interface Row {
  id: string
  state: 'unfit' | 'waiting'
  organizationId: string | null
  billingAdapter: string
  externalId: string
  kind: 'invoice' | 'credit_note'
  reason: string
  heldAt: Date
}

/** @param grace the age in milliseconds under which a waiting document is ignored. An unfit document never is. */
export async function findUnfitDocuments(
  db: DatabaseConnection,
  range: RowRange,
  grace: number,
): Promise<Sighting[]> {
  const { rows } = await sql<Row>`
    select id, state, organization_id as "organizationId", billing_adapter as "billingAdapter",
      external_id as "externalId", document ->> 'kind' as kind, reason, held_at as "heldAt"
    from held_documents
    where ${isWithin(sql`id`, range)} and (state = 'unfit' or ${isOlder(sql`held_at`, grace)})
    order by id
  `.execute(db)
  return rows.map(({ id, state, organizationId, billingAdapter, ...document }) => ({
    kind: `document_${state}`,
    subject: id,
    organizationId,
    billingAdapter,
    details: { document: describe({ state, organizationId, billingAdapter, ...document }) },
  }))
}

function describe({
  kind,
  externalId,
  billingAdapter,
  organizationId,
  state,
  heldAt,
  reason,
}: Omit<Row, 'id'>) {
  const account = organizationId === null ? '' : ` for ${organizationId}`
  const since = `${state === 'unfit' ? 'kept aside' : 'waiting'} since ${heldAt.toISOString()}`
  return `The ${inWords(kind)} ${externalId} of "${billingAdapter}"${account}, ${since}: ${reason}`
}
