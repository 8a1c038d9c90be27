import type { DatabaseConnection } from '../database/connection.ts'
import type { Page } from '../database/list-page.ts'
import {
  accountsWithFigures,
  inSubtree,
  type InvoicedAmount,
  invoicedBy,
  oneOf,
  type Scope,
  type UsageByBilling,
  usedBy,
} from './statement-figures.ts'
import type { Subtree } from '../access/subtree.ts'
import { noUsage } from './usage.ts'

export interface StatementFigures extends UsageByBilling {
  /** One element for each currency. */
  invoices: InvoicedAmount[]
}

export interface Statement {
  /** The sums over the whole subtree, not only over the page. */
  totals: StatementFigures
  /** The accounts with usage or invoices in the month, each before those below it. */
  accounts: (StatementFigures & { id: string; name: string })[]
}

export async function readStatement(
  db: DatabaseConnection,
  { subtree, month }: { subtree: Subtree; month: string },
  page: Page,
): Promise<Statement> {
  // All queries read one snapshot, so that the accounts add up to the totals while the month is being billed.
  const consistent = db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only')
  return consistent.execute(async (transaction) => {
    const accounts = await accountsWithFigures(transaction, { subtree, month }, page)
    const ids = accounts.map(({ id }) => id)
    const each = await figures(transaction, { month, accounts: oneOf(ids), by: 'account' })
    const all = await figures(transaction, { month, accounts: inSubtree(subtree), by: 'subtree' })
    return {
      totals: all(null),
      accounts: accounts.map((account) => ({ ...account, ...each(account.id) })),
    }
  })
}

/** @returns a function from the id of an account to its figures; null stands for the sum over all accounts. */
async function figures(
  db: DatabaseConnection,
  scope: Scope,
): Promise<(account: string | null) => StatementFigures> {
  const unused: UsageByBilling = { billed: noUsage, unbilled: noUsage, writtenOff: noUsage }
  const used = new Map((await usedBy(db, scope)).map(({ account, ...usage }) => [account, usage]))
  const invoiced = Map.groupBy(await invoicedBy(db, scope), ({ account }) => account)
  return (account) => ({
    ...(used.get(account) ?? unused),
    invoices: (invoiced.get(account) ?? []).map(({ account: _account, ...amount }) => amount),
  })
}
