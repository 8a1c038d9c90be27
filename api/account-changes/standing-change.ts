import { countOpenAccounts } from '../../domain/organizations/standing.ts'
import { isToBeBilled } from '../../domain/runs/read-runs.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import type { OperationRequest } from '../../domain/runs/run-requests.ts'
import { hasOpenAccounts, parentNotActive } from '../../domain/organizations/organization-errors.ts'
import { findParentStatus, type Organization } from '../../domain/organizations/read-organizations.ts'
import { findSubscription, isBilled } from '../../domain/plans/subscriptions.ts'
import type { Registry } from '../../plugins/registry.ts'
import { requireAdapter } from './billing-adapter-problem.ts'
import { accountBeingAdded, accountHasStatus, platformNeverCloses } from '../http/errors.ts'
import { problem } from '../http/problem.ts'

type StandingChange = 'suspend' | 'restore' | 'close'

/** @throws Problem when the standing of the account, of its parent or of an account below it does not allow the change. */
export async function toStandingOperation(
  { db, registry }: { db: DatabaseConnection; registry: Registry },
  account: Organization,
  change: StandingChange,
  reason: string | null,
): Promise<OperationRequest> {
  if (account.type === 'platform') throw problem(platformNeverCloses)
  const { id: organizationId } = account
  if (change === 'restore') {
    if (account.status === 'active')
      throw problem(accountHasStatus, { parameters: { status: account.status } })
    const parentStatus = await findParentStatus(db, organizationId)
    if (parentStatus !== 'active') throw problem(parentNotActive, { parameters: { status: parentStatus } })
    // An expired trial is subscribed again too, because its conversion needs the subscription at the billing provider.
    const subscription = (await findSubscription(db, organizationId))?.terms ?? null
    if (subscription !== null) requireAdapter(registry, subscription.billingAdapter)
    return { kind: 'restore-account', request: { organizationId, subscription, reason } }
  }
  if (account.status === 'closed' || (change === 'suspend' && account.status === 'suspended'))
    throw problem(accountHasStatus, { parameters: { status: account.status } })
  if (change === 'close' && (await countOpenAccounts(db, organizationId)) > 0) throw problem(hasOpenAccounts)
  const found = await findSubscription(db, organizationId)
  const subscription = found !== undefined && isBilled(found) ? found.terms : null
  if (found === undefined) await refuseWhileAdded(db, organizationId)
  return { kind: `${change}-account`, request: { organizationId, subscription, reason } }
}

/** Refuses an account that is still being added, because its onboarding would start to bill it after the suspension. */
async function refuseWhileAdded(db: DatabaseConnection, organizationId: string): Promise<void> {
  if (!(await isToBeBilled(db, organizationId))) return
  throw problem(accountBeingAdded, { parameters: { id: organizationId } })
}
