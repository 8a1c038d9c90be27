import { randomUUID } from 'node:crypto'
import { afterAll, expect, test } from 'vitest'
import { billingAdapterChecks } from '../../plugins/conformance/kits.ts'
import type { BillingAdapter, BillingCall } from '../../plugins/plugin-contract.ts'
import { startBillingProvider } from '../plugins/http/billing-provider.ts'
import { freshDatabase } from '../stack/database.ts'
import { everyMethod, verdict } from './broken.ts'
import { httpSubject } from './subjects/http-subject.ts'
import { ledgerSubject } from './subjects/ledger-subject.ts'

const { db, drop } = await freshDatabase()
afterAll(drop)

/** The good subject with an adapter that, in every call, is given something else. */
function brokenBy(change: (call: BillingCall) => BillingCall) {
  const good = ledgerSubject(db)
  const billing = good.plugin.billing?.map((adapter) =>
    everyMethod<BillingAdapter>(adapter, (method, [call, ...others]) =>
      method(...([isCall(call) ? change(call) : call, ...others] as never[])),
    ),
  )
  return { ...good, plugin: { ...good.plugin, billing: billing ?? [] } }
}

function isCall(value: unknown): value is BillingCall {
  return typeof value === 'object' && value !== null && 'idempotencyKey' in value
}

const leavesTheTransaction = ({ idempotencyKey, signal }: BillingCall) => ({ idempotencyKey, signal })
const forgetsKeys = (call: BillingCall) => ({ ...call, idempotencyKey: randomUUID() })
const rolledBack = 'in a transaction that is rolled back has no effect, and can be called again'
const atOnce = 'called with one key in two transactions at once has one effect, and one answer'

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
    // The ledger itself refuses to bill a month twice.
    name === 'reportUsage' ? /has already billed .* under another idempotency key/ : /at once: expected/,
  ],
])

test.each(cases)('an adapter that %s is found out by: %s', async (_, name, change, expected) => {
  expect(await verdict(billingAdapterChecks(brokenBy(change)), name)).toMatch(expected)
})

test('every check that only adapters in our Postgres have is seen to fail here', async () => {
  const provider = await startBillingProvider()
  // These are seen to fail at an adapter that calls a provider.
  const shared = billingAdapterChecks(httpSubject(provider)).map(({ name }) => name)
  await provider.stop()
  const seen = new Set([...shared, ...cases.map(([, name]) => name)])
  const names = billingAdapterChecks(ledgerSubject(db)).map(({ name }) => name)
  expect(names.filter((name) => !seen.has(name))).toEqual([])
})
