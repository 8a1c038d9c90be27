import { afterAll, describe, test } from 'vitest'
import { billingAdapterChecks } from '../../plugins/conformance/index.ts'
import { freshDatabase } from '../stack/database.ts'
import { ledgerSubject } from './ledger-subject.ts'

const { db, drop } = await freshDatabase()
afterAll(drop)

describe('the billing adapter ledger', () => {
  for (const { name, run } of billingAdapterChecks(ledgerSubject(db))) test(name, run)
})
