import type { DatabaseConnection } from '../database/connection.ts'
import type { Page } from '../database/list-page.ts'
import {
  accountsWithFigures,
  inSubtree,
  type InvoicedAmount,
  invoicedBy,
  oneOf,
  type Scope,
  usedBy,
} from './statement-figures.ts'
import type { Subtree } from '../access/subtree.ts'
import type { Usage } from './usage.ts'

export interface StatementFigures {
  billed: Usage
  /** Licenses used in the month so far that are on no bill. */
  unbilled: Usage
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
  const used = new Map((await usedBy(db, scope)).map(({ account, ...usage }) => [account, usage]))
  const invoiced = Map.groupBy(await invoicedBy(db, scope), ({ account }) => account)
  return (account) => ({
    billed: used.get(account)?.billed ?? { trial: 0, purchased: 0 },
    unbilled: used.get(account)?.unbilled ?? { trial: 0, purchased: 0 },
    invoices: (invoiced.get(account) ?? []).map(({ account: _account, ...amount }) => amount),
  })
}
