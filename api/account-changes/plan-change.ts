import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { fieldProblem } from '../../domain/errors/error-declaration.ts'
import { limitBelowAssigned } from '../../domain/licenses/license-errors.ts'
import { countAssigned } from '../../domain/licenses/license-pools.ts'
import type { OperationRequest, PlanTerms, SubscriptionTerms } from '../../domain/runs/run-requests.ts'
import { organizationNotActive } from '../../domain/organizations/organization-errors.ts'
import type { Organization } from '../../domain/organizations/read-organizations.ts'
import { noPlan, planInvoiced } from '../../domain/plans/plan-errors.ts'
import { findSubscription, isBilled } from '../../domain/plans/subscriptions.ts'
import { findTrialBefore } from '../../domain/plans/trials.ts'
import type { Registry } from '../../plugins/registry.ts'
import { findAdapterProblem, requireAdapter } from './billing-adapter-problem.ts'
import { noTrialToGoBackTo, oneChangeAtATime } from '../http/field-errors.ts'
import { invalidRequest, problem } from '../http/problem.ts'
import type { PlanBody } from './plan-schemas.ts'

/** @throws Problem when the account or its present plan does not allow the change. */
export async function toPlanOperation(
  { db, registry }: { db: DatabaseConnection; registry: Registry },
  account: Organization,
  body: PlanBody,
): Promise<OperationRequest> {
  if (account.status !== 'active')
    throw problem(organizationNotActive, { parameters: { id: account.id, status: account.status } })
  const found = await findSubscription(db, account.id)
  if (found === undefined || !isBilled(found)) throw problem(noPlan, { parameters: { id: account.id } })
  const { terms: subscription } = found
  requireAdapter(registry, subscription.billingAdapter)
  const to = await requestedTerms(db, account.id, subscription, body)
  await refuseBelowAssigned(db, account.id, to)
  const organizationId = account.id
  const { billingAdapter = subscription.billingAdapter } = body
  if (billingAdapter === subscription.billingAdapter)
    return { kind: 'change-plan', request: { organizationId, subscription, to } }
  const unknown = findAdapterProblem(registry, billingAdapter, '/billingAdapter')
  if (unknown !== undefined) throw invalidRequest([unknown])
  if (to.kind !== subscription.kind || to.licenses !== subscription.licenses)
    throw invalidRequest([fieldProblem('/billingAdapter', oneChangeAtATime)])
  return { kind: 'switch-billing', request: { organizationId, subscription, billingAdapter } }
}

async function requestedTerms(
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
    ? problem(planInvoiced)
    : invalidRequest([fieldProblem('/kind', noTrialToGoBackTo)])
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
    fieldProblem('/licenses', limitBelowAssigned, { parameters: { licenses, assigned } }),
  ])
}
