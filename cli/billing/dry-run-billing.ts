import { type Billable, findBillable } from '../../domain/billing/billable.ts'
import { findOpenBills, openBill } from '../../domain/billing/bills.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { findPlace } from '../../domain/organizations/organization-tree.ts'
import type { IssuedInvoice } from '../../plugins/plugin-contract.ts'
import type { Registry } from '../../plugins/registry.ts'
import { reportBill } from '../../plugins/subscriptions/billing-terms.ts'

const pageSize = 100
const patience = 10_000

export interface DryRunBill extends Billable {
  organizationName: string
  /** The sum of its invoices. Known only where the adapter keeps its records in our database; any other provider sets its prices itself. */
  invoice: Pick<IssuedInvoice, 'currency' | 'total'> | undefined
}

export async function* dryRunBilling(
  { db, registry }: { db: DatabaseConnection; registry: Registry },
  month: string,
): AsyncGenerator<DryRunBill, void> {
  let after: Billable | undefined
  do {
    const page = await findBillable(db, month, { limit: pageSize, after })
    for (const billable of page) {
      const place = await findPlace(db, billable.organizationId)
      const invoice = await tryOut({ db, registry }, month, billable)
      yield { ...billable, organizationName: place?.name ?? '', invoice }
    }
    after = page.length < pageSize ? undefined : page.at(-1)
  } while (after !== undefined)
}

/** Bills the account in a transaction that is then rolled back. */
async function tryOut(
  { db, registry }: { db: DatabaseConnection; registry: Registry },
  month: string,
  { organizationId, usage: _usage, earlierBills: _earlier, ...subscription }: Billable,
): Promise<DryRunBill['invoice']> {
  const adapter = registry.billingAdapters.get(subscription.billingAdapter)
  if (!adapter?.capabilities.transactional) return undefined
  const trial = await db.startTransaction().execute()
  try {
    await openBill(trial, { organizationId, month, subscription })
    let sum: DryRunBill['invoice']
    for (const bill of await findOpenBills(trial, { organizationId, month, subscription })) {
      const call = { idempotencyKey: bill.id, signal: AbortSignal.timeout(patience), transaction: trial }
      const { invoice } = await reportBill(adapter, call, { organizationId, subscription, bill })
      if (invoice !== undefined)
        sum = { currency: invoice.currency, total: invoice.total + (sum?.total ?? 0) }
    }
    return sum
  } finally {
    await trial.rollback().execute()
  }
}
