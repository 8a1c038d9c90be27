import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { countAssigned } from '../../domain/licenses/license-pools.ts'
import type { OperationRequest, PlanTerms, SubscriptionTerms } from '../../domain/runs/run-requests.ts'
import type { Organization } from '../../domain/organizations/read-organizations.ts'
import { findSubscription, isBilled } from '../../domain/plans/subscriptions.ts'
import { findTrialBefore } from '../../domain/plans/trials.ts'
import type { Registry } from '../../plugins/registry.ts'
import { findAdapterProblem, requireAdapter } from './billing-adapter-problem.ts'
import { invalidRequest, Problem } from '../http/problem.ts'
import type { PlanBody } from './plan-schemas.ts'

/**
 * What it takes to bring an account's plan to what the body says: a change of plan, or a switch of its billing.
 * @throws Problem when that can't be done, naming why and the field.
 */
export async function decidePlan(
  { db, registry }: { db: DatabaseConnection; registry: Registry },
  account: Organization,
  body: PlanBody,
): Promise<OperationRequest> {
  if (account.status !== 'active')
    throw new Problem('organization_not_active', `The organization is ${account.status}.`)
  const found = await findSubscription(db, account.id)
  if (found === undefined || !isBilled(found))
    throw new Problem('no_plan', 'This organization has no plan of its own.')
  const { terms: subscription } = found
  requireAdapter(registry, subscription.billingAdapter)
  const to = await wantedTerms(db, account.id, subscription, body)
  await refuseBelowAssigned(db, account.id, to)
  const organizationId = account.id
  const { billingAdapter = subscription.billingAdapter } = body
  if (billingAdapter === subscription.billingAdapter)
    return { kind: 'change-plan', request: { organizationId, subscription, to } }
  const unknown = findAdapterProblem(registry, billingAdapter, '/billingAdapter')
  if (unknown !== undefined) throw invalidRequest([unknown])
  if (to.kind !== subscription.kind || to.licenses !== subscription.licenses) {
    const message = 'Change the plan and who bills it one after the other.'
    throw invalidRequest([{ pointer: '/billingAdapter', code: 'one_change_at_a_time', message }])
  }
  return { kind: 'switch-billing', request: { organizationId, subscription, billingAdapter } }
}

async function wantedTerms(
  db: DatabaseConnection,
  organizationId: string,
  subscription: SubscriptionTerms,
  body: PlanBody,
): Promise<PlanTerms> {
  if (body.kind === 'purchased')
    return { kind: 'purchased', licenses: body.licenses ?? null, trialEndsAt: null }
  const { kind, licenses, trialEndsAt } = subscription
  if (kind === 'trial') return { kind, licenses: body.licenses ?? licenses, trialEndsAt }
  const before = await findTrialBefore(db, organizationId)
  if (before.outcome === 'found') return { ...before.terms, licenses: body.licenses ?? before.terms.licenses }
  throw before.outcome === 'invoiced'
    ? new Problem('plan_invoiced', 'The purchased plan was billed already.')
    : invalidRequest([
        {
          pointer: '/kind',
          code: 'no_trial_to_go_back_to',
          message: 'A purchased plan that was no trial before can not become one.',
        },
      ])
}

async function refuseBelowAssigned(
  db: DatabaseConnection,
  organizationId: string,
  { licenses }: PlanTerms,
): Promise<void> {
  if (licenses === null) return
  const assigned = await countAssigned(db, organizationId)
  if (assigned <= licenses) return
  throw invalidRequest([
    {
      pointer: '/licenses',
      code: 'limit_below_assigned',
      message: `${assigned} licenses are assigned to devices. Release some first, or set a limit of at least ${assigned}.`,
    },
  ])
}
