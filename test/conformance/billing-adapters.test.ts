import { afterAll, describe, expect, test } from 'vitest'
import { callDirectly } from '../../plugins/conformance/billing/billing-harness.ts'
import { billingMethods, newKey } from '../../plugins/conformance/billing/billing-methods.ts'
import { withAdapter } from '../../plugins/conformance/billing/billing-subject.ts'
import { expectEffects } from '../../plugins/conformance/check.ts'
import { billingAdapterChecks, type BillingSubject } from '../../plugins/conformance/kits.ts'
import { startBillingProvider } from '../plugins/http/billing-provider.ts'
import { freshDatabase } from '../stack/database.ts'
import { startLocalstripe } from '../stack/stripe/localstripe.ts'
import { readBuiltIn } from './built-in.ts'
import { httpSubject } from './subjects/http-subject.ts'
import { ledgerSubject } from './subjects/ledger-subject.ts'
import { stripeSubject } from './subjects/stripe-subject.ts'

const { db, drop } = await freshDatabase()
const provider = await startBillingProvider()
const localstripe = await startLocalstripe()
afterAll(() => Promise.all([provider.stop(), localstripe.stop(), drop()]))

const subjects: Record<string, BillingSubject> = {
  ledger: ledgerSubject(db),
  stripe: stripeSubject(localstripe),
  http: httpSubject(provider),
}

describe.each(Object.entries(subjects))('the billing adapter %s', (_, subject) => {
  for (const { name, run } of billingAdapterChecks(subject)) test(name, run)
})

test.each(billingMethods.filter(({ name }) => name !== 'updateCustomer'))(
  'the adapter stripe finds $name by its own mark, and has no second effect without find',
  async ({ prepare }) => {
    const subject = stripeSubject(localstripe)
    await withAdapter(subject.connect(subject.providerUrl), async (adapter) => {
      const call = await prepare(callDirectly(adapter), adapter)
      const key = newKey()
      if (call !== undefined) await callDirectly(adapter)(call, key)
      localstripe.forgetKeys()
      await expectEffects(subject, 0, 'A call with a forgotten key', async () => {
        if (call !== undefined) await callDirectly(adapter)(call, key)
      })
    })
  },
)

test('every built-in billing adapter is checked, by its own id', async () => {
  const { billingAdapterIds } = await readBuiltIn(db)
  expect(Object.entries(subjects).map(([name, subject]) => [name, idOf(subject)])).toEqual(
    billingAdapterIds.map((id) => [id, id]),
  )
})

function idOf(subject: BillingSubject): string | undefined {
  const plugin = 'plugin' in subject ? subject.plugin : subject.connect(subject.providerUrl)
  return plugin.billing?.[0]?.id
}
