import { randomUUID } from 'node:crypto'
import { afterAll, expect, test } from 'vitest'
import { billingAdapterChecks } from '../../plugins/conformance/index.ts'
import type { BillingAdapter, BillingCall } from '../../plugins/contract.ts'
import { freshDatabase } from '../stack/database.ts'
import { everyMethod, verdict } from './broken.ts'
import { ledgerSubject } from './ledger-subject.ts'

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

test.each(['ensureCustomer', 'ensureSubscription', 'cancel'])(
  'an adapter that leaves the transaction in %s is found out',
  async (name) => {
    const checks = billingAdapterChecks(brokenBy(leavesTheTransaction))
    const check = `${name} in a transaction that is rolled back has no effect, and can be called again`
    expect(await verdict(checks, check)).toMatch(/rolled back: expected no effect, and counted [1-9]/)
  },
)

test.each(['ensureCustomer', 'ensureSubscription'])(
  'an adapter that forgets the key in %s is found out',
  async (name) => {
    const checks = billingAdapterChecks(brokenBy(forgetsKeys))
    const check = `${name} called with one key in two transactions at once has one effect, and one answer`
    expect(await verdict(checks, check)).toMatch(/at once: expected one effect, and counted 2/)
  },
)
