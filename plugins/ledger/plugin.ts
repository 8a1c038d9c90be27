import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { type BillingPlan, definePlugin, type Plugin } from '../contract.ts'
import { cancelRecord, ensureRecord, findRecord } from './records.ts'

/** The built-in billing provider: subscriptions kept in our own Postgres, so nobody outside has to be there. */
export function ledger({ db }: { db: DatabaseConnection }): Plugin {
  return definePlugin({
    name: 'ledger',
    billing: [
      {
        id: 'ledger',
        capabilities: { transactional: true },
        // It is there whenever our own database is, and nothing runs without that.
        check: async () => undefined,
        preview: (plan) => ({ summary: describe(plan), details: { ...plan } }),
        ensureCustomer: (call, { organizationId }) =>
          ensureRecord(call.transaction ?? db, call.idempotencyKey, { kind: 'customer', organizationId }),
        ensureSubscription: (call, { organizationId, plan }) =>
          ensureRecord(call.transaction ?? db, call.idempotencyKey, {
            kind: 'subscription',
            organizationId,
            plan,
          }),
        changePlan: async (_, { subscription }) => ({ externalId: subscription.externalId }),
        reportUsage: () => Promise.reject(new Error('not yet')),
        readUsage: () => Promise.reject(new Error('not yet')),
        cancel: (call, { externalId }) => cancelRecord(call.transaction ?? db, externalId),
        find: (call) => findRecord(call.transaction ?? db, call.idempotencyKey),
      },
    ],
  })
}

function describe(plan: BillingPlan): string {
  if (plan.kind === 'trial')
    return `Start a trial of ${plan.licenses} licenses for ${plan.trialDays} days, not billed.`
  const limit = plan.licenses === undefined ? 'without an upper limit' : `up to ${plan.licenses}`
  return `Subscribe to monthly billing for licenses used, ${limit}.`
}
