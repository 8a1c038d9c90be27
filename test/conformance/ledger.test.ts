import { afterAll, describe, test } from 'vitest'
import { billingAdapterChecks } from '../../plugins/conformance/index.ts'
import { ledger } from '../../plugins/ledger/plugin.ts'
import { freshDatabase } from '../stack/database.ts'
import { transactIn } from './transact.ts'

const { db, drop } = await freshDatabase()
afterAll(drop)

describe('the billing adapter ledger', () => {
  const checks = billingAdapterChecks({
    plugin: ledger({ db }),
    transact: transactIn(db),
    async countEffects() {
      const records = await db
        .selectFrom('ledger_records')
        // Ending a subscription is an effect on a record that was there before.
        .select((eb) => [eb.fn.countAll().as('made'), eb.fn.count('cancelled_at').as('ended')])
        .executeTakeFirstOrThrow()
      return Number(records.made) + Number(records.ended)
    },
  })
  for (const { name, run } of checks) test(name, run)
})
