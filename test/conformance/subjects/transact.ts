import type { TransactionalSubject } from '../../../plugins/conformance/kits.ts'
import type { DatabaseConnection } from '../../../domain/database/connection.ts'

/** Transactions of this database, as the kits want them. */
export function transactIn(db: DatabaseConnection): TransactionalSubject['transact'] {
  return (body) => db.transaction().execute((transaction) => body({ transaction }))
}
