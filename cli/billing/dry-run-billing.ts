import { type Billable, findBillable } from '../../domain/billing/billable.ts'
import { openBill } from '../../domain/billing/bills.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { findPlace } from '../../domain/organizations/organization-tree.ts'
import type { IssuedInvoice } from '../../plugins/plugin-contract.ts'
import type { Registry } from '../../plugins/registry.ts'

const pageSize = 100
const patience = 10_000

export interface DryRunBill extends Billable {
  organizationName: string
  /** Known only where the adapter keeps its records in our database; any other provider sets its prices itself. */
  invoice: IssuedInvoice | undefined
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
  { organizationId, usage: _usage, ...subscription }: Billable,
): Promise<IssuedInvoice | undefined> {
  const adapter = registry.billingAdapters.get(subscription.billingAdapter)
  if (!adapter?.capabilities.transactional) return undefined
  const { customerExternalId, subscriptionExternalId: externalId } = subscription
  const trial = await db.startTransaction().execute()
  try {
    const bill = await openBill(trial, { organizationId, month, subscription })
    if (bill === undefined) return undefined
    const call = { idempotencyKey: bill.id, signal: AbortSignal.timeout(patience), transaction: trial }
    const report = {
      subscription: { organizationId, customerExternalId, externalId },
      month,
      usage: bill.usage,
    }
    return (await adapter.reportUsage(call, report)).invoice
  } finally {
    await trial.rollback().execute()
  }
}
