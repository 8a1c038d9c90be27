import type { DatabaseConnection } from '../../domain/database/connection.ts'
import type { Plugin, Step } from '../../plugins/plugin-contract.ts'
import { createRegistry } from '../../plugins/registry.ts'
import configure from '../../temporal.config.ts'
import { providerSecret } from '../plugins/http/billing-provider.ts'

/** What the real configuration brings, with every provider configured that it can have. */
export interface BuiltIn {
  pluginNames: string[]
  steps: Step[]
  billingAdapterIds: string[]
  notifierIds: string[]
}

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

/** The plug-ins of the real configuration, none of which reaches its provider. */
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
