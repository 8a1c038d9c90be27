import type { DatabaseConnection } from '../../domain/database/connection.ts'
import type { FindingKind } from '../../domain/reconciliation/finding-kinds.ts'
import type { Sighting } from '../../domain/reconciliation/findings.ts'
import { accountKinds, findUnfitAccounts } from '../../domain/reconciliation/unfit-accounts.ts'
import { deviceKinds, findUnfitDevices } from '../../domain/reconciliation/unfit-devices.ts'
import { nextStretch, type Stretch } from '../../domain/reconciliation/stretch.ts'
import { findUnfitUsers, userKinds } from '../../domain/reconciliation/unfit-users.ts'
import type { Comparison } from './comparison.ts'

/** Compares our own tables with each other, and asks nobody else. */
interface RecordComparison extends Comparison {
  /** Looks at one row, however young. */
  lookAt(db: DatabaseConnection, id: string): Promise<Sighting[]>
}

function recordsOf(
  table: 'organizations' | 'users' | 'devices',
  kinds: readonly FindingKind[],
  find: (db: DatabaseConnection, stretch: Stretch, grace: number) => Promise<Sighting[]>,
): RecordComparison {
  return {
    name: table,
    kinds,
    async compare({ db }, after, grace) {
      const stretch = await nextStretch(db, table, after)
      return { sightings: await find(db, stretch, grace), next: stretch.upTo }
    },
    lookAt: (db, id) => find(db, { only: id }, 0),
  }
}

export const organizations = recordsOf('organizations', accountKinds, findUnfitAccounts)
export const users = recordsOf('users', userKinds, findUnfitUsers)
export const devices = recordsOf('devices', deviceKinds, findUnfitDevices)
