import type { TransactionalSubject } from '../../../plugins/conformance/kits.ts'
import type { DatabaseConnection } from '../../../domain/database/connection.ts'

/** The function with which the kits run transactions, for this database. */
export function transactIn(db: DatabaseConnection): TransactionalSubject['transact'] {
  return (body) => db.transaction().execute((transaction) => body({ transaction }))
}
