import { lastMonth, newSubscription, purchased, usage } from './billing-methods.ts'
import type { Harness } from './billing-harness.ts'
import { type Check, ensureSame } from '../check.ts'

/** Rules for the name of a customer. */
export function customerRules(harness: Harness): Check[] {
  return [
    harness.check(
      'updateCustomer changes the name of the customer, and its subscription can be billed afterwards',
      async (callAdapter) => {
        const subscription = await newSubscription(callAdapter, purchased)
        const { organizationId, customerExternalId } = subscription
        // The first name comes again, under another key.
        for (const name of ['First Inc.', 'Second Inc.', 'First Inc.']) {
          const customer = { organizationId, customerExternalId, name }
          await callAdapter((target, call) => target.updateCustomer(call, customer))
          const found = await harness.customerName(customerExternalId)
          ensureSame(found, name, 'The name of a customer after updateCustomer')
        }
        const report = { subscription, month: lastMonth() }
        await callAdapter((target, call) => target.reportUsage(call, { ...report, usage, converted: 0 }))
        const read = await callAdapter((target, call) => target.readUsage(call, report))
        ensureSame(read, usage, 'The usage read after the customer was renamed')
      },
    ),
  ]
}
