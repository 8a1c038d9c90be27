import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { definePlugin, type Plugin } from '../plugin-contract.ts'
import { ensureCustomer, updateCustomer } from './ledger-customers.ts'
import { answerOf, creditInvoice } from './ledger-invoices.ts'
import { listSubscriptions } from './ledger-listing.ts'
import { checkPrices, describePlan, type Prices } from './prices.ts'
import { ensureRecord, recordUnder } from './records.ts'
import { cancel, changePlan } from './ledger-subscriptions.ts'
import { readUsage, reportUsage } from './ledger-usage.ts'

/**
 * The built-in billing adapter. It keeps subscriptions, usage, invoices and credit notes in our own Postgres, and needs no other
 * provider. New prices apply to all months that are billed after the change.
 * @throws Error, one line, when a price is not a whole number of minor units or the currency is unknown.
 *
 * @example
 * ledger({ db, prices: { currency: 'USD', purchased: 500, trial: 0 } })
 */
export function ledger({ db, prices }: { db: DatabaseConnection; prices: Prices }): Plugin {
  checkPrices(prices)
  return definePlugin({
    name: 'ledger',
    billing: [
      {
        id: 'ledger',
        capabilities: { transactional: true },
        // The ledger needs only our own database, which has a check of its own.
        check: async () => undefined,
        preview: (plan) => ({ summary: describePlan(prices, plan), details: { ...plan } }),
        ensureCustomer: (call, customer) => ensureCustomer(db, call, customer),
        updateCustomer: (call, customer) => updateCustomer(db, call, customer),
        ensureSubscription: (call, subscription) =>
          ensureRecord(call.transaction ?? db, call.idempotencyKey, {
            request: subscription,
            record: {
              kind: 'subscription',
              organization_id: subscription.organizationId,
              plan: JSON.stringify(subscription.plan),
            },
          }),
        changePlan: (call, change) => changePlan(db, call, change),
        reportUsage: (call, report) => reportUsage({ db, prices }, call, report),
        readUsage: (call, report) => readUsage(call.transaction ?? db, report),
        creditInvoice: (call, credit) => creditInvoice(db, call, credit),
        cancel: (call, subscription) => cancel(db, call, subscription),
        listSubscriptions: (call, wanted) => listSubscriptions(call.transaction ?? db, wanted),
        async find(call) {
          const record = await recordUnder(call.transaction ?? db, call.idempotencyKey)
          return record === undefined ? undefined : answerOf(record)
        },
      },
    ],
  })
}
