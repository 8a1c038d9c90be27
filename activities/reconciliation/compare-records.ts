import type { DatabaseConnection } from '../../domain/database/connection.ts'
import type { FindingKind } from '../../domain/reconciliation/finding-kinds.ts'
import type { Sighting } from '../../domain/reconciliation/findings.ts'
import { accountFindingKinds, findUnfitAccounts } from '../../domain/reconciliation/unfit-accounts.ts'
import { deviceFindingKinds, findUnfitDevices } from '../../domain/reconciliation/unfit-devices.ts'
import { documentFindingKinds, findUnfitDocuments } from '../../domain/reconciliation/unfit-documents.ts'
import { nextRowRange, type RowRange } from '../../domain/reconciliation/row-range.ts'
import { findUnfitUsers, userFindingKinds } from '../../domain/reconciliation/unfit-users.ts'
import type { Comparison } from './comparison.ts'

/** A comparison of our own tables with each other. */
interface RecordComparison extends Comparison {
  /** Compares one row, whatever its age. */
  lookAt(db: DatabaseConnection, id: string): Promise<Sighting[]>
}

function recordsOf(
  table: 'organizations' | 'users' | 'devices' | 'held_documents',
  kinds: readonly FindingKind[],
  find: (db: DatabaseConnection, range: RowRange, grace: number) => Promise<Sighting[]>,
): RecordComparison {
  return {
    name: table,
    kinds,
    async compare({ db }, after, grace) {
      const range = await nextRowRange(db, table, after)
      return { sightings: await find(db, range, grace), next: range.upTo }
    },
    lookAt: (db, id) => find(db, { only: id }, 0),
  }
}

export const organizations = recordsOf('organizations', accountFindingKinds, findUnfitAccounts)
export const users = recordsOf('users', userFindingKinds, findUnfitUsers)
export const devices = recordsOf('devices', deviceFindingKinds, findUnfitDevices)
export const documents = recordsOf('held_documents', documentFindingKinds, findUnfitDocuments)
