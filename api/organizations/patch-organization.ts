import {
  changeOrganization,
  type OrganizationChanges,
} from '../../domain/organizations/change-organization.ts'
import { fieldProblem } from '../../domain/errors/error-declaration.ts'
import type { NewOperation } from '../../domain/runs/accept-operation.ts'
import { hashBody } from '../../domain/runs/idempotency.ts'
import type { RunRequests } from '../../domain/runs/run-requests.ts'
import type { Organization } from '../../domain/organizations/read-organizations.ts'
import type { OperationDependencies } from '../account-changes/accept-change.ts'
import { findAdapterProblem } from '../account-changes/billing-adapter-problem.ts'
import { readCompany } from '../accounts/account-request.ts'
import { changeInProgress, staleVersion, valueInUse, versionRequired } from '../http/errors.ts'
import { notAPartner } from '../http/field-errors.ts'
import { etagOf } from './presenter.ts'
import { invalidRequest, type Problem, problem } from '../http/problem.ts'
import type { Registry } from '../../plugins/registry.ts'
import type { OrganizationChangesBody } from './schemas.ts'

/**
 * Changes fields of an organization, if it still has the version that the caller read. A new name of an account with a
 * subscription starts an operation that carries it to the billing provider.
 * @param change `ifMatch` is the `If-Match` header: the ETag of that version, or `*` for any. `actor` is the id of the API key.
 * @throws Problem when the organization has another version, or the fields do not fit together.
 */
export async function patchOrganization(
  { db, registry, launcher }: OperationDependencies,
  organization: Organization,
  { ifMatch, body, actor }: { ifMatch: string | undefined; body: OrganizationChangesBody; actor: string },
): Promise<{ organization: Organization; operationId?: string }> {
  if (ifMatch === undefined) throw problem(versionRequired)
  if (!matches(ifMatch, organization)) throw problem(staleVersion)
  refuseBillingAdapter(registry, organization, body.defaultBillingAdapter)
  const changes = normalise(organization, body)
  const result = await changeOrganization(db, organization, {
    changes,
    actor,
    reads: registry.reads,
    carryName: (billingAdapter) =>
      nameOperation(registry, { organizationId: organization.id, billingAdapter, actor }),
  })
  if (result.outcome !== 'changed') throw refusalOf(result.outcome, organization)
  const { organization: changed, operation } = result
  if (operation === undefined) return { organization: changed }
  launcher.launch({ ...operation, parent: changed })
  return { organization: changed, operationId: operation.id }
}

function refusalOf(outcome: 'stale' | 'being_switched' | 'being_used', { id }: Organization): Problem {
  if (outcome === 'stale') return problem(staleVersion)
  return problem(outcome === 'being_used' ? valueInUse : changeInProgress, { parameters: { id } })
}

/** The operation that carries a new name to the billing provider. It is also accepted while the adapter is not enabled. */
function nameOperation(
  registry: Registry,
  { actor, ...request }: RunRequests['update-customer'] & { actor: string },
): NewOperation {
  const kind = 'update-customer'
  const origin = { apiKeyId: actor, idempotencyKey: undefined, bodyHash: hashBody(request) }
  return { kind, request, origin, plan: registry.planFor(kind, request) }
}

function refuseBillingAdapter(
  registry: Registry,
  { type }: Organization,
  adapter: string | null | undefined,
): void {
  if (adapter === undefined || adapter === null) return
  const pointer = '/defaultBillingAdapter'
  if (type !== 'partner' && type !== 'platform') throw invalidRequest([fieldProblem(pointer, notAPartner)])
  const unknown = findAdapterProblem(registry, adapter, pointer)
  if (unknown !== undefined) throw invalidRequest([unknown])
}

/** Converts the changes to their stored form. State and phone number depend on the new or else the present country. */
function normalise(organization: Organization, body: OrganizationChangesBody): OrganizationChanges {
  const changesState = body.country !== undefined || body.state !== undefined
  const { problems, resolved } = readCompany({
    country: body.country ?? organization.country,
    ...(changesState ? { state: body.state ?? organization.state } : {}),
    ...(typeof body.phone === 'string' ? { phone: body.phone } : {}),
  })
  if (problems.length > 0) {
    throw invalidRequest(
      problems.map((found) => ({ ...found, pointer: found.pointer.replace(/^\/company/, '') })),
    )
  }
  return Object.fromEntries(
    Object.entries({ ...body, ...resolved }).filter(([, value]) => value !== undefined),
  )
}

function matches(ifMatch: string, organization: Organization): boolean {
  const tags = ifMatch.split(',').map((tag) => tag.trim())
  return tags.includes('*') || tags.includes(etagOf(organization))
}
