import { randomUUID } from 'node:crypto'
import { openLicensePool } from '../../../domain/licenses/license-pools.ts'
import type { SubscriptionTerms } from '../../../domain/runs/run-requests.ts'
import type { BillingCall } from '../../../plugins/plugin-contract.ts'
import { insertSubscription } from '../../../domain/plans/subscriptions.ts'
import { anOrganization } from '../../builders/organization.ts'
import type { StepEnvironment } from './step-environment.ts'

/** The subscription in the requests for previews. */
export const termsAtLedger: SubscriptionTerms = {
  kind: 'purchased',
  licenses: 5,
  trialEndsAt: null,
  billingAdapter: 'ledger',
  customerExternalId: 'led_1',
  subscriptionExternalId: 'led_2',
}

/**
 * Adds an account that this billing adapter bills.
 * @param trialEndsAt the end of its trial (RFC 3339); null, the default, for a purchased plan.
 * @param withUnit adds an enterprise with one unit. Default: a customer.
 */
export async function aBilledAccount(
  { db, registry, platformId }: StepEnvironment,
  billingAdapter: string,
  { trialEndsAt = null, withUnit = false }: { trialEndsAt?: string | null; withUnit?: boolean } = {},
) {
  const organizationId = await anOrganization(db, platformId, { type: withUnit ? 'enterprise' : 'customer' })
  if (withUnit) await anOrganization(db, organizationId, { type: 'unit' })
  const kind = trialEndsAt === null ? 'purchased' : 'trial'
  const adapter = registry.billing(billingAdapter)
  const customer = await adapter.ensureCustomer(aCall(), { organizationId, name: 'Contoso' })
  const customerExternalId = customer.externalId
  const plan = { kind, licenses: 5, ...(kind === 'trial' ? { trialDays: 30 } : {}) } as const
  const opened = await adapter.ensureSubscription(aCall(), { organizationId, customerExternalId, plan })
  const ids = { customerExternalId, subscriptionExternalId: opened.externalId }
  const subscription: SubscriptionTerms = { kind, licenses: 5, trialEndsAt, billingAdapter, ...ids }
  await db.transaction().execute(async (transaction) => {
    await insertSubscription(transaction, organizationId, subscription)
    await openLicensePool(transaction, { organizationId, allocated: 5 })
  })
  return { organizationId, subscription }
}

function aCall(): BillingCall {
  return { idempotencyKey: randomUUID(), signal: new AbortController().signal }
}

/** The time in so many days from now, in RFC 3339. */
export function inDays(days: number): string {
  return new Date(Date.now() + days * 24 * 60 * 60 * 1000).toISOString()
}
