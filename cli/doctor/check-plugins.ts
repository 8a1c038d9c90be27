import type { Intervals } from '../../domain/runs/intervals.ts'
import type { Plugin } from '../../plugins/plugin-contract.ts'
import { type Fault, FaultyPlugins } from '../../plugins/faults.ts'
import { createRegistry, type Registry } from '../../plugins/registry.ts'
import { shapeFaults } from '../../plugins/plugin-shape.ts'
import { StartFailures } from '../stack/failure.ts'
import { asFailure } from './verdict.ts'

/** The registry of a deployment's plug-ins. @throws StartFailures with every fault of the plug-ins as a whole. */
export function soundRegistry(plugins: readonly Plugin[], intervals: Intervals): Registry {
  const faults = pluginFaults(plugins)
  if (faults.length > 0) throw new StartFailures(faults.map(asFailure))
  return createRegistry(plugins, intervals)
}

export function pluginFaults(plugins: readonly Plugin[]): Fault[] {
  const misshapen = shapeFaults(plugins)
  if (misshapen.length > 0) return misshapen
  const adapters = plugins.flatMap((plugin) => plugin.billing ?? [])
  const missing = adapters.length > 0 ? [] : [noBillingAdapter]
  try {
    createRegistry(plugins)
    return missing
  } catch (error) {
    if (error instanceof FaultyPlugins) return [...error.faults, ...missing]
    throw error
  }
}

const noBillingAdapter: Fault = {
  message: 'No plug-in brings a billing adapter, so no account can have a plan.',
  nextAction: 'Enable one in the configuration, such as the ledger.',
}
