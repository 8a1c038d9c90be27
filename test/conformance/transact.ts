import type { StepSubject } from '../../plugins/conformance/index.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'

/** Transactions of this database, as the kits want them. */
export function transactIn(db: DatabaseConnection): StepSubject['transact'] {
  return (body) => db.transaction().execute((transaction) => body({ transaction }))
}
