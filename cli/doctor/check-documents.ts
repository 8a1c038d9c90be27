import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { nextRowRange } from '../../domain/reconciliation/row-range.ts'
import { findUnfitDocuments } from '../../domain/reconciliation/unfit-documents.ts'
import type { Verdict } from './verdict.ts'

/** The number of documents of each kind that are listed. `npx tenantry reconcile` lists all. */
const listed = 20

/**
 * Lists the invoices and credit notes that are kept aside. One that does not fit is a fault; one that waits is not.
 * @returns no verdict when the database can't be read; the database check reports that.
 */
export async function checkDocuments(db: DatabaseConnection): Promise<Verdict[]> {
  try {
    const held = await findUnfitDocuments(db, await nextRowRange(db, 'held_documents', ''), 0)
    const texts = (state: string) =>
      held.filter(({ kind }) => kind === state).map(({ details }) => String(details.document))
    return [
      {
        title: 'Invoices and credit notes',
        faults: texts('document_unfit')
          .slice(0, listed)
          .map((message) => ({ message, nextAction })),
        notes: texts('document_waiting').slice(0, listed),
      },
    ]
  } catch {
    return []
  }
}

const nextAction =
  'Let the provider correct it and deliver it again, or drop it: `npx tenantry reconcile` lists it with its id.'
