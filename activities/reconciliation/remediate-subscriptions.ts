import { platformPath } from '../../domain/organizations/read-organizations.ts'
import { decideStanding } from '../../domain/organizations/standing.ts'
import { withDeadline } from '../../domain/calls/deadline.ts'
import type { Finding, Sighting } from '../../domain/reconciliation/findings.ts'
import { recordChange } from '../../domain/organizations/record-change.ts'
import { findSubscription, isBilled, stopSubscription } from '../../domain/plans/subscriptions.ts'
import type { BillingAdapter } from '../../plugins/plugin-contract.ts'
import { lookAtAccount, lookAtProvider } from './look-at-subscription.ts'
import { requireAdapter, answered, holdUnchanging, requireNoRun, sameAs } from './recheck.ts'
import { gone, type RemediationContext, type Remediation } from './remediation.ts'

/** The time that a provider has to end a subscription, in milliseconds. */
const patience = 10_000

export const endAtProvider: Remediation = async (context, finding) => {
  const { adapter, seen } = await seenAtProvider(context, finding)
  const subscription = {
    organizationId: seen.organizationId ?? '',
    customerExternalId: String(seen.details.customerExternalId),
    externalId: subscriptionIdOf(seen),
  }
  return {
    elsewhere: () =>
      withDeadline({ milliseconds: patience }, (signal) =>
        adapter.cancel({ idempotencyKey: `${finding.id}:delete`, signal }, subscription),
      ),
  }
}

/** Suspends an account whose subscription the provider does not bill. The provider is not called. */
export const suspendHere: Remediation = async (context, finding) => {
  const organizationId = finding.organizationId ?? ''
  await requireNoRun(context.db, organizationId)
  const adapter = requireAdapter(context, finding.billingAdapter)
  const seen = sameAs(finding, [answered(await lookAtAccount(context.db, adapter, organizationId))])
  return {
    async here(transaction, { actor }) {
      const place = await holdUnchanging(transaction, organizationId)
      const current = await findSubscription(transaction, organizationId)
      const isSame = current?.terms.subscriptionExternalId === subscriptionIdOf(seen) && isBilled(current)
      if (!isSame) throw gone()
      await stopSubscription(transaction, organizationId, 'suspended')
      if (place.status !== 'active') return
      const level = await platformPath(transaction)
      await decideStanding(transaction, place, { level, status: 'suspended', by: finding.id })
      const fields = { status: { from: place.status, to: 'suspended' } }
      await recordChange(transaction, { organizationId, actor, fields })
    },
  }
}

/** @throws NotRemediated if the provider does not bill it any more, or if it bills an account here. */
export async function seenAtProvider(
  context: RemediationContext,
  finding: Finding,
): Promise<{ adapter: BillingAdapter; seen: Sighting }> {
  await requireNoRun(context.db, finding.organizationId)
  const adapter = requireAdapter(context, finding.billingAdapter)
  const look = await lookAtProvider(context.db, adapter, subscriptionIdOf(finding))
  return { adapter, seen: sameAs(finding, [answered(look)]) }
}

export function subscriptionIdOf({ details }: Pick<Sighting, 'details'>): string {
  return String(details.subscriptionExternalId)
}
