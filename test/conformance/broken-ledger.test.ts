import { randomUUID } from 'node:crypto'
import { afterAll, expect, test } from 'vitest'
import { billingAdapterChecks } from '../../plugins/conformance/kits.ts'
import type { BillingCall } from '../../plugins/plugin-contract.ts'
import { startBillingProvider } from '../plugins/http/billing-provider.ts'
import { freshDatabase } from '../stack/database.ts'
import { resultOf, withCalls } from './broken.ts'
import { httpSubject } from './subjects/http-subject.ts'
import { ledgerSubject } from './subjects/ledger-subject.ts'

const { db, drop } = await freshDatabase()
afterAll(drop)

/** The subject `ledger` with an adapter whose calls are changed. */
function brokenBy(change: (call: BillingCall) => BillingCall) {
  const subject = ledgerSubject(db)
  const billing = subject.plugin.billing?.map((adapter) => withCalls(adapter, change))
  return { ...subject, plugin: { ...subject.plugin, billing: billing ?? [] } }
}

const leavesTheTransaction = ({ idempotencyKey, signal }: BillingCall) => ({ idempotencyKey, signal })
const forgetsKeys = (call: BillingCall) => ({ ...call, idempotencyKey: randomUUID() })
const rolledBack = 'in a transaction that rolls back has no effect, and can be called again'
const atOnce =
  'called with the same key in two concurrent transactions has one effect, and returns the same answer'

const operations = [
  'ensureCustomer',
  'ensureSubscription',
  'changePlan',
  'reportUsage',
  'creditInvoice',
  'cancel',
]

const cases: [string, string, (call: BillingCall) => BillingCall, RegExp][] = operations.flatMap((name) => [
  [
    'leaves the transaction',
    `${name} ${rolledBack}`,
    leavesTheTransaction,
    /rolled back: expected no effect, and counted [1-9]/,
  ],
  [
    'forgets the key',
    `${name} ${atOnce}`,
    forgetsKeys,
    // The ledger refuses to bill a month twice, whatever the key is.
    name === 'reportUsage'
      ? /has already billed .* under another idempotency key/
      : /in two concurrent transactions: expected/,
  ],
])

test.each(cases)('an adapter that %s fails the check: %s', async (_, name, change, expected) => {
  expect(await resultOf(billingAdapterChecks(brokenBy(change)), name)).toMatch(expected)
})

test('every check that only transactional adapters have fails for one of these adapters', async () => {
  const provider = await startBillingProvider()
  // The tests of broken adapters with a provider cover these checks.
  const shared = billingAdapterChecks(httpSubject(provider)).map(({ name }) => name)
  await provider.stop()
  const covered = new Set([...shared, ...cases.map(([, name]) => name)])
  const names = billingAdapterChecks(ledgerSubject(db)).map(({ name }) => name)
  expect(names.filter((name) => !covered.has(name))).toEqual([])
})
