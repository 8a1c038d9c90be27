import type { DatabaseConnection } from '../../domain/database/connection.ts'
import type { Plugin, Step } from '../../plugins/plugin-contract.ts'
import { createRegistry } from '../../plugins/registry.ts'
import configure from '../../temporal.config.ts'
import { providerSecret } from '../plugins/http/billing-provider.ts'

/** The parts of the real configuration with all of its providers configured. */
export interface BuiltIn {
  pluginNames: string[]
  steps: Step[]
  billingAdapterIds: string[]
  notifierIds: string[]
}

/** Reads the parts of the built-in plug-ins. */
export async function readBuiltIn(db: DatabaseConnection): Promise<BuiltIn> {
  const plugins = builtInPlugins(db)
  const registry = createRegistry(plugins)
  await registry.close()
  return {
    pluginNames: plugins.map(({ name }) => name),
    steps: [...registry.steps.values()],
    billingAdapterIds: [...registry.billingAdapters.keys()],
    notifierIds: [...registry.notifiers.keys()],
  }
}

/** The plug-ins of the real configuration with all providers configured, at addresses where no provider answers. */
export function builtInPlugins(db: DatabaseConnection): Plugin[] {
  return configure({
    db,
    publicUrl: 'https://tenantry.example',
    mail: { url: 'smtp://127.0.0.1:1', from: 'no-reply@tenantry.example' },
    variables: {
      STRIPE_SECRET_KEY: 'sk_test_12345',
      BILLING_HTTP_URL: 'http://127.0.0.1:1',
      BILLING_HTTP_SECRET: providerSecret,
    },
  }).plugins
}
