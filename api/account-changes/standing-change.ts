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

type Asked = 'suspend' | 'restore' | 'close'

/**
 * What it takes to suspend, restore or close an account.
 * @throws Problem when its state, or that of the accounts around it, does not allow that.
 */
export async function decideAccountStatus(
  { db, registry }: { db: DatabaseConnection; registry: Registry },
  account: Organization,
  asked: Asked,
  reason: string | null,
): Promise<OperationRequest> {
  if (account.type === 'platform') throw problem(platformNeverCloses)
  const { id: organizationId } = account
  if (asked === 'restore') {
    if (account.status === 'active')
      throw problem(accountHasStatus, { parameters: { status: account.status } })
    const parentStatus = await findParentStatus(db, organizationId)
    if (parentStatus !== 'active') throw problem(parentNotActive, { parameters: { status: parentStatus } })
    // A trial that ran out meanwhile is subscribed as well: it is converted where its subscription is.
    const subscription = (await findSubscription(db, organizationId))?.terms ?? null
    if (subscription !== null) requireAdapter(registry, subscription.billingAdapter)
    return { kind: 'restore-account', request: { organizationId, subscription, reason } }
  }
  if (account.status === 'closed' || (asked === 'suspend' && account.status === 'suspended'))
    throw problem(accountHasStatus, { parameters: { status: account.status } })
  if (asked === 'close' && (await countOpenAccounts(db, organizationId)) > 0) throw problem(hasOpenAccounts)
  const found = await findSubscription(db, organizationId)
  const subscription = found !== undefined && isBilled(found) ? found.terms : null
  if (found === undefined) await refuseWhileAdded(db, organizationId)
  return { kind: `${asked}-account`, request: { organizationId, subscription, reason } }
}

/** Its onboarding would begin to bill what is suspended by then. */
async function refuseWhileAdded(db: DatabaseConnection, organizationId: string): Promise<void> {
  if (!(await isToBeBilled(db, organizationId))) return
  throw problem(accountBeingAdded, { parameters: { id: organizationId } })
}
