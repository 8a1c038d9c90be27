import { askFirst } from '../../plugin-contract.ts'
import { callDirectly } from './billing-harness.ts'
import { partsOf } from './billing-key-rules.ts'
import { billingMethods, newKey } from './billing-methods.ts'
import { type ProviderSubject, withAdapter } from './billing-subject.ts'
import { type Check, ensureSame, expectEffects } from '../check.ts'

/** Rules for a provider that forgets its idempotency keys: it still knows the calls by their marks. */
export function forgottenKeyRules(subject: ProviderSubject): Check[] {
  const { forgetKeys } = subject
  if (forgetKeys === undefined) return []
  // `updateCustomer` is always sent, because it sets the name that the customer has.
  const methods = billingMethods.filter(({ name }) => name !== 'updateCustomer')
  return methods.map(({ name, prepare }) => ({
    name: `${name} has no second effect when find is asked first, even if the provider has forgotten the key`,
    run: () =>
      withAdapter(subject.connect(subject.providerUrl), async (adapter) => {
        const call = await prepare(callDirectly(adapter), adapter)
        if (call === undefined) return
        const key = newKey()
        const first = await callDirectly(adapter)(call, key)
        await forgetKeys()
        const again = `${name} again, after the provider had forgotten the key`
        const second = await expectEffects(subject, 0, again, () =>
          callDirectly(askFirst(adapter))(call, key),
        )
        ensureSame(partsOf(second), partsOf(first), `The answer to ${again}`)
      }),
  }))
}
