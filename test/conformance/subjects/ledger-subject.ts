import type { DatabaseConnection } from '../../../domain/database/connection.ts'
import type { TransactionalSubject } from '../../../plugins/conformance/kits.ts'
import { ledger } from '../../../plugins/ledger/plugin.ts'
import { rowsOf } from '../../builders/rows.ts'
import { transactIn } from './in-database.ts'

/** The billing adapter `ledger` on this database. */
export function ledgerSubject(db: DatabaseConnection): TransactionalSubject {
  return {
    plugin: ledger({ db, prices: { currency: 'USD', purchased: 500, trial: 0 } }),
    transact: transactIn(db),
    async countEffects() {
      const records = await db
        .selectFrom('ledger_records')
        // Ending a subscription is an effect on a record that was there before.
        .select((eb) => [eb.fn.countAll().as('made'), eb.fn.count('cancelled_at').as('ended')])
        .executeTakeFirstOrThrow()
      return Number(records.made) + Number(records.ended)
    },
    async customerName(id) {
      const [customer] = await rowsOf(db, 'ledger_records', { id, kind: 'customer' })
      return customer?.customer_name ?? undefined
    },
  }
}
