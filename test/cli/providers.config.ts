import type { Configure } from '../../configuration.ts'
import { type BillingAdapter, definePlugin, StepError } from '../../plugins/plugin-contract.ts'
import configure from '../../temporal.config.ts'

/** The real configuration, with two more billing adapters whose checks fail. */
const withProviders: Configure = (surroundings) => {
  const configuration = configure(surroundings)
  const like = configuration.plugins.flatMap((plugin) => plugin.billing ?? [])[0]
  if (like === undefined) throw new Error('The real configuration has no billing adapter.')
  const adapter = (id: string, check: BillingAdapter['check']): BillingAdapter => ({ ...like, id, check })
  const refused = adapter('refused', async () => {
    throw new StepError({
      class: 'retryable',
      code: 'key_refused',
      message: 'The provider refuses the key.',
      nextAction: 'Correct PROVIDER_KEY.',
    })
  })
  const broken = adapter('broken', async () => {
    throw new TypeError('secret-word is no key')
  })
  return {
    ...configuration,
    plugins: [...configuration.plugins, definePlugin({ name: 'unwell', billing: [refused, broken] })],
  }
}

export default withProviders
