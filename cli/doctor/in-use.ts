import { accountsByBillingAdapter, defaultBillingAdapters } from '../../domain/billing/accounts-by-adapter.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { stepsUnderWay } from '../../domain/runs/steps-under-way.ts'
import type { Plugin } from '../../plugins/plugin-contract.ts'
import type { Verdict } from './verdict.ts'

/**
 * Whether the plug-ins still bring what accounts and runs in the database were made with.
 * @returns no verdict when the database can't tell: that is told where the database is.
 */
export async function checkInUse(db: DatabaseConnection, plugins: readonly Plugin[]): Promise<Verdict[]> {
  try {
    return await Promise.all([checkAdaptersInUse(db, plugins), checkStepsUnderWay(db, plugins)])
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
      nextAction: 'Enable its plug-in in the configuration, or move them to another adapter.',
    })),
    ...defaults.filter(isMissing).map(({ billingAdapter, partners }) => ({
      message: `${partners === 1 ? '1 partner has' : `${partners} partners have`} new accounts billed by "${billingAdapter}", which no plug-in brings.`,
      nextAction: 'Enable its plug-in in the configuration, or choose another adapter for them.',
    })),
  ]
  return { title: 'Billing of the accounts', faults }
}

async function checkStepsUnderWay(db: DatabaseConnection, plugins: readonly Plugin[]): Promise<Verdict> {
  const brought = plugins.flatMap(({ steps = [], retired = [] }) => [...steps, ...retired])
  const underWay = await stepsUnderWay(db)
  const faults = underWay
    .filter((planned) => !brought.some(({ id, version }) => id === planned.id && version === planned.version))
    .map(({ id, version, runs }) => ({
      message: `${runs === 1 ? '1 run has' : `${runs} runs have`} version ${version} of the step "${id}" in the plan, which no plug-in brings.`,
      nextAction:
        'Bring it back among the `retired` steps of a plug-in until they have ended, or cancel them.',
    }))
  return { title: 'Steps of the runs under way', faults }
}
