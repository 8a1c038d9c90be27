import { countOpenAccounts } from '../../domain/organizations/standing.ts'
import { findOwnDecision, findRestoreRefusal } from '../../domain/organizations/standing-levels.ts'
import { isToBeBilled } from '../../domain/runs/open-runs.ts'
import type { Subtree } from '../../domain/access/subtree.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import type { OperationRequest } from '../../domain/runs/run-requests.ts'
import {
  decidedAbove,
  hasOpenAccounts,
  onboardingCancelled,
  parentNotActive,
} from '../../domain/organizations/organization-errors.ts'
import type { Organization } from '../../domain/organizations/read-organizations.ts'
import { findSubscription, isBilled } from '../../domain/plans/subscriptions.ts'
import type { Registry } from '../../plugins/registry.ts'
import { requireAdapter } from './billing-adapter-problem.ts'
import { accountBeingAdded, accountHasStatus, levelHasDecided, platformNeverCloses } from '../http/errors.ts'
import { problem } from '../http/problem.ts'

interface Dependencies {
  db: DatabaseConnection
  registry: Registry
}

interface StandingChange {
  change: 'suspend' | 'restore' | 'close'
  /** The path of the organization that asks for the change. */
  level: Subtree
  reason: string | null
}

/** @throws Problem when the standing of the account, of its parent or of an account below it does not allow the change. */
export async function toStandingOperation(
  dependencies: Dependencies,
  account: Organization,
  { change, level, reason }: StandingChange,
): Promise<OperationRequest> {
  if (account.type === 'platform') throw problem(platformNeverCloses)
  const { db, registry } = dependencies
  const { id: organizationId } = account
  const found = await findSubscription(db, organizationId)
  if (change === 'restore') {
    await refuseRestore(db, account, level)
    // An expired trial is subscribed again too, because its conversion needs the subscription at the billing provider.
    const subscription = found?.terms ?? null
    if (subscription !== null) requireAdapter(registry, subscription.billingAdapter)
    return { kind: 'restore-account', request: { organizationId, subscription, reason } }
  }
  const own = await findOwnDecision(db, organizationId, level)
  if (own === 'closed' || (own === 'suspended' && change === 'suspend'))
    throw problem(levelHasDecided, { parameters: { status: own } })
  if (change === 'close' && (await countOpenAccounts(db, organizationId)) > 0) throw problem(hasOpenAccounts)
  const subscription = found !== undefined && isBilled(found) ? found.terms : null
  if (found === undefined) await refuseWhileAdded(db, organizationId)
  return { kind: `${change}-account`, request: { organizationId, subscription, reason } }
}

async function refuseRestore(db: DatabaseConnection, account: Organization, level: Subtree): Promise<void> {
  const refusal = await findRestoreRefusal(db, account, level)
  if (refusal === undefined) return
  const { reason } = refusal
  if (reason === 'active') throw problem(accountHasStatus, { parameters: { status: 'active' } })
  if (reason === 'parent_not_active')
    throw problem(parentNotActive, { parameters: { status: refusal.status } })
  const declared = reason === 'decided_above' ? decidedAbove : onboardingCancelled
  throw problem(declared, { parameters: { id: account.id } })
}

/** Refuses an account that is still being added, because its onboarding would start to bill it after the suspension. */
async function refuseWhileAdded(db: DatabaseConnection, organizationId: string): Promise<void> {
  if (!(await isToBeBilled(db, organizationId))) return
  throw problem(accountBeingAdded, { parameters: { id: organizationId } })
}
