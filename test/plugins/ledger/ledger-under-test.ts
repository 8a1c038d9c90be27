import { sql } from 'kysely'
import { afterAll } from 'vitest'
import type { DatabaseConnection } from '../../../domain/database/connection.ts'
import type {
  BillingAdapter,
  BillingCall,
  BillingSubscription,
  BillingUsage,
  IssuedInvoice,
} from '../../../plugins/plugin-contract.ts'
import { ledger } from '../../../plugins/ledger/plugin.ts'
import type { Prices } from '../../../plugins/ledger/prices.ts'
import { freshDatabase } from '../../stack/database.ts'

export const prices = { currency: 'USD', purchased: 500, trial: 0 }

/** The year in the numbers of invoices that are issued now. */
export const year = new Date().getUTCFullYear()

/** Starts the ledger on its own database, which is dropped after the last test. Call it at the top of the file. */
export async function startLedgerForFile() {
  const { db, drop } = await freshDatabase()
  afterAll(drop)
  const adapter = ledgerWith(db, prices)
  const bill = (subscription: BillingSubscription, usage: BillingUsage, call = aCall(), month = '2026-10') =>
    adapter.reportUsage(call, { subscription, month, usage, converted: 0 })
  return {
    db,
    adapter,
    bill,

    async aSubscription(): Promise<BillingSubscription> {
      const organizationId = `org-${++calls}`
      const customer = await adapter.ensureCustomer(aCall(), { organizationId, name: 'Northwind' })
      const { externalId } = await adapter.ensureSubscription(aCall(), {
        customerExternalId: customer.externalId,
        organizationId,
        plan: { kind: 'trial', licenses: 5, trialDays: 30 },
      })
      return { organizationId, customerExternalId: customer.externalId, externalId }
    },

    /** The number of calls that wait for a lock. */
    async waitingForLocks(): Promise<number> {
      const { rows } = await sql<{ waiting: number }>`
        select count(*)::int as waiting from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'
      `.execute(db)
      return rows[0]?.waiting ?? 0
    },

    /** Issues an invoice of ten dollars. */
    async anInvoice(subscription: BillingSubscription): Promise<IssuedInvoice> {
      const { invoice } = await bill(subscription, { trial: 0, purchased: 2 })
      if (invoice === undefined) throw new Error('Nothing was invoiced')
      return invoice
    },

    credit(subscription: BillingSubscription, invoice: IssuedInvoice, amount: number, call = aCall()) {
      if (adapter.creditInvoice === undefined) throw new Error('The ledger can not credit')
      const reason = 'Billed for a spare device'
      return adapter.creditInvoice(call, { subscription, invoice, amount, reason })
    },
  }
}

/** The billing adapter `ledger` with these prices. */
export function ledgerWith(db: DatabaseConnection, catalogue: Prices): BillingAdapter {
  const [built] = ledger({ db, prices: catalogue }).billing ?? []
  if (built === undefined) throw new Error('The plug-in brings no adapter')
  return built
}

let calls = 0

/** A call with a unique idempotency key. @param name the beginning of the key. */
export function aCall(name = 'call'): BillingCall {
  return { idempotencyKey: `${name}-${++calls}`, signal: AbortSignal.timeout(30_000) }
}
