import type { Transaction } from 'kysely'
import { importSubscription, findLastTerms } from '../../domain/plans/import-subscription.ts'
import type { Database } from '../../domain/database/tables.ts'
import type { SubscriptionTerms } from '../../domain/runs/run-requests.ts'
import { findPlace } from '../../domain/organizations/organization-tree.ts'
import { recordChange } from '../../domain/organizations/record-change.ts'
import { findSubscription, isBilled, type Subscription } from '../../domain/plans/subscriptions.ts'
import { readAtProvider } from './ask-provider.ts'
import { organizations } from './compare-records.ts'
import { requireAdapter, answered, holdUnchanging, requireNoRun, sameAs } from './recheck.ts'
import { subscriptionIdOf, seenAtProvider } from './remediate-subscriptions.ts'
import {
  type RemediationDecision,
  refused,
  type RemediationContext,
  type Remediation,
} from './remediation.ts'

/**
 * Puts a subscription on the account whose id it carries at the provider. Names are not compared: the provider identifies the
 * subscription by its id and the account by ours.
 */
export const importFromProvider: Remediation = async (context, finding) => {
  const { adapter, seen } = await seenAtProvider(context, finding)
  const organizationId = seen.organizationId ?? ''
  const place = await findPlace(context.db, organizationId)
  if (place === undefined) throw refused('No organization here has the id that it carries. Delete it.')
  if (place.status !== 'active')
    throw refused(`The account is ${place.status}. Restoring it subscribes it anew; delete this one.`)
  const current = await findSubscription(context.db, organizationId)
  await requireNotBilled(context, current)
  const last = current?.terms ?? (await findLastTerms(context.db, organizationId))
  if (last === undefined) throw refused('The account was never on a plan. Delete the subscription.')
  return {
    here: (transaction, decision) =>
      putOnAccount(transaction, decision, {
        organizationId,
        expected: current?.terms.subscriptionExternalId,
        terms: {
          ...last,
          billingAdapter: adapter.id,
          customerExternalId: String(seen.details.customerExternalId),
          subscriptionExternalId: subscriptionIdOf(seen),
        },
      }),
  }
}

export const importFromOnboarding: Remediation = async (context, finding) => {
  const { db } = context
  const organizationId = finding.subject
  await requireNoRun(db, organizationId)
  sameAs(finding, await organizations.lookAt(db, organizationId))
  const terms = await findLastTerms(db, organizationId)
  if (terms === undefined) throw refused('No subscription of the account is on record. Close the account.')
  const adapter = requireAdapter(context, terms.billingAdapter)
  const theirs = answered(await readAtProvider(adapter, terms.subscriptionExternalId))
  if (theirs?.status !== 'open' || theirs.organizationId !== organizationId)
    throw refused(
      'The provider does not bill the subscription that the account had. Import another one that is listed, or close the account.',
    )
  return {
    here: (transaction, decision) =>
      putOnAccount(transaction, decision, { organizationId, expected: undefined, terms }),
  }
}

/** @throws NotRemediated if the provider bills the present subscription of the account, or does not answer. */
async function requireNotBilled(
  context: RemediationContext,
  current: Subscription | undefined,
): Promise<void> {
  if (current === undefined || !isBilled(current)) return
  const { billingAdapter, subscriptionExternalId } = current.terms
  const adapter = requireAdapter(context, billingAdapter)
  const theirs = answered(await readAtProvider(adapter, subscriptionExternalId))
  if (theirs?.status === 'open')
    throw refused('The account has a subscription that its provider bills. Delete this one.')
}

async function putOnAccount(
  transaction: Transaction<Database>,
  { actor }: RemediationDecision,
  change: { organizationId: string; expected: string | undefined; terms: SubscriptionTerms },
): Promise<void> {
  const { organizationId, expected, terms } = change
  const { status } = await holdUnchanging(transaction, organizationId)
  const before = (await findSubscription(transaction, organizationId))?.terms.subscriptionExternalId
  if (before !== expected || status !== 'active')
    throw refused('The account has changed meanwhile. Try again.')
  await importSubscription(transaction, organizationId, terms)
  const fields = { subscription: { from: before ?? null, to: terms.subscriptionExternalId } }
  await recordChange(transaction, { organizationId, actor, fields })
}
