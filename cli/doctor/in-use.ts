import { accountsByBillingAdapter, defaultBillingAdapters } from '../../domain/billing/accounts-by-adapter.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { listStepsInUse } from '../../domain/runs/steps-in-use.ts'
import type { Plugin } from '../../plugins/plugin-contract.ts'
import type { Verdict } from './verdict.ts'

/**
 * Checks that the plug-ins bring the billing adapters of all accounts and the steps of all open runs.
 * @returns no verdict when the database can't be read; the database check reports that.
 */
export async function checkInUse(db: DatabaseConnection, plugins: readonly Plugin[]): Promise<Verdict[]> {
  try {
    return await Promise.all([checkAdaptersInUse(db, plugins), checkStepsInUse(db, plugins)])
  } catch {
    return []
  }
}

async function checkAdaptersInUse(db: DatabaseConnection, plugins: readonly Plugin[]): Promise<Verdict> {
  const enabled = new Set(plugins.flatMap((plugin) => plugin.billing ?? []).map(({ id }) => id))
  const [inUse, defaults] = await Promise.all([accountsByBillingAdapter(db), defaultBillingAdapters(db)])
  const isMissing = ({ billingAdapter }: { billingAdapter: string }) => !enabled.has(billingAdapter)
  const faults = [
    ...inUse.filter(isMissing).map(({ billingAdapter, accounts }) => ({
      message: `${accounts === 1 ? '1 account is' : `${accounts} accounts are`} billed by "${billingAdapter}", which no plug-in brings.`,
      nextAction: 'Enable its plug-in in the configuration, or move the accounts to another adapter.',
    })),
    ...defaults.filter(isMissing).map(({ billingAdapter, partners }) => ({
      message: `${partners === 1 ? '1 partner has' : `${partners} partners have`} the default billing adapter "${billingAdapter}", which no plug-in brings.`,
      nextAction: 'Enable its plug-in in the configuration, or choose another default adapter.',
    })),
  ]
  return { title: 'Billing of the accounts', faults }
}

async function checkStepsInUse(db: DatabaseConnection, plugins: readonly Plugin[]): Promise<Verdict> {
  const brought = plugins.flatMap(({ steps = [], retired = [] }) => [...steps, ...retired])
  const inUse = await listStepsInUse(db)
  const faults = inUse
    .filter((planned) => !brought.some(({ id, version }) => id === planned.id && version === planned.version))
    .map(({ id, version, runs }) => ({
      message: `${runs === 1 ? '1 run has' : `${runs} runs have`} version ${version} of the step "${id}" in the run plan, which no plug-in brings.`,
      nextAction: 'Add the step to `retired` of a plug-in until these runs are closed, or cancel the runs.',
    }))
  return { title: 'Steps of open runs', faults }
}
