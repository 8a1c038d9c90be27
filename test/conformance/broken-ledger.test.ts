import { randomUUID } from 'node:crypto'
import { afterAll } from 'vitest'
import { billingAdapterChecks } from '../../plugins/conformance/kits.ts'
import type { BillingCall } from '../../plugins/plugin-contract.ts'
import { startBillingProvider } from '../plugins/http/billing-provider.ts'
import { freshDatabase } from '../stack/database.ts'
import { type Faults, testFaults, withCalls } from './broken.ts'
import { httpSubject } from './subjects/http-subject.ts'
import { ledgerSubject } from './subjects/ledger-subject.ts'

const { db, drop } = await freshDatabase()
const provider = await startBillingProvider()
afterAll(() => Promise.all([provider.stop(), drop()]))

type ChangeCall = (call: BillingCall) => BillingCall
const leavesTheTransaction: ChangeCall = ({ idempotencyKey, signal }) => ({ idempotencyKey, signal })
const forgetsKeys: ChangeCall = (call) => ({ ...call, idempotencyKey: randomUUID() })
const rolledBack = 'in a transaction that rolls back has no effect, and can be called again'
const atOnce =
  'called with the same key in two concurrent transactions has one effect, and returns the same answer'

const operations = [
  'ensureCustomer',
  'updateCustomer',
  'ensureSubscription',
  'changePlan',
  'reportUsage',
  'creditInvoice',
  'cancel',
]

const faults = operations.map(
  (name): Faults<ChangeCall> => ({
    [`${name} ${rolledBack}`]: {
      'leaves the transaction': [leavesTheTransaction, /rolled back: expected no effect, and counted [1-9]/],
    },
    [`${name} ${atOnce}`]: {
      'forgets the key': [forgetsKeys, /in two concurrent transactions: expected/],
    },
  }),
)

// The tests of broken adapters with a provider cover these checks.
const shared = new Set(billingAdapterChecks(httpSubject(provider)).map(({ name }) => name))
const subject = ledgerSubject(db)
const transactional = billingAdapterChecks(subject).filter(({ name }) => !shared.has(name))
testFaults('an adapter', faults, transactional, (change) => {
  const billing = (subject.plugin.billing ?? []).map((adapter) => withCalls(adapter, change))
  return billingAdapterChecks({ ...subject, plugin: { ...subject.plugin, billing } })
})
