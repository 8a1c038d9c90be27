import { accountsByBillingAdapter } from '../../domain/accounts-by-adapter.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import type { Plugin } from '../../plugins/contract.ts'
import type { Verdict } from './verdict.ts'

/** Whether every account is billed by an adapter that some plug-in brings. @throws when the database can't tell. */
export async function checkAdaptersInUse(
  db: DatabaseConnection,
  plugins: readonly Plugin[],
): Promise<Verdict> {
  const enabled = new Set(plugins.flatMap((plugin) => plugin.billing ?? []).map(({ id }) => id))
  const inUse = await accountsByBillingAdapter(db)
  const faults = inUse
    .filter(({ billingAdapter }) => !enabled.has(billingAdapter))
    .map(({ billingAdapter, accounts }) => ({
      message: `${accounts === 1 ? '1 account is' : `${accounts} accounts are`} billed by "${billingAdapter}", which no plug-in brings.`,
      nextAction: 'Enable its plug-in in the configuration, or move them to another adapter.',
    }))
  return { title: 'Billing of the accounts', faults }
}
