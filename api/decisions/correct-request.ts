import type { AddAccountRequest } from '../../domain/runs/add-account-request.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { fieldProblem } from '../../domain/errors/error-declaration.ts'
import type { FieldProblem } from '../../domain/errors/error-class.ts'
import type { Onboarding, RunStep } from '../../domain/runs/run-record.ts'
import type { Organization } from '../../domain/organizations/read-organizations.ts'
import type { Registry } from '../../plugins/registry.ts'
import { fieldsForStep } from '../../plugins/exact-input.ts'
import { findDomainProblems } from '../accounts/account-problems.ts'
import {
  type AccountDefaults,
  defaultsBelow,
  readAccountBody,
  withDefaults,
} from '../accounts/account-request.ts'
import { planWouldChange } from '../http/field-errors.ts'
import { toFieldProblems } from '../http/field-problems.ts'
import { applyMergePatch } from '../http/merge-patch.ts'
import { installedStep, refuseFields, refuseInput } from './step-fields.ts'

/**
 * Applies a correction for one step to the stored request of an onboarding, and validates the result like a new request.
 * @param patch the correction, a JSON merge patch (RFC 7396). It may change only fields that the step reads, and that no
 * other step has used.
 * @throws Problem with pointers below `/input`.
 */
export async function correctRequest(
  dependencies: { db: DatabaseConnection; registry: Registry; accountDefaults: AccountDefaults },
  onboarding: Onboarding,
  parent: Organization,
  step: RunStep,
  patch: Record<string, unknown>,
): Promise<AddAccountRequest> {
  const { registry } = dependencies
  const { request: stored } = onboarding
  refuseFields(registry, onboarding, step, patch)

  const read = readAccountBody(applyMergePatch(stored, patch))
  const accountDefaults = await defaultsBelow(dependencies.db, dependencies.accountDefaults, {
    parent,
    ...read,
  })
  const domainProblems = await findDomainProblems({ ...dependencies, accountDefaults }, parent, {
    type: read.type === stored.type ? undefined : read.type,
    // The onboarding may have created its user already, so its own email is not checked again.
    email: read.email === stored.user?.email ? undefined : read.email,
    billingAdapter: read.billingAdapter,
  })
  refuseInput([...read.problems, ...domainProblems])
  if (read.request === undefined) throw new Error('A body without problems has a request')

  const request = withDefaults(read.request, accountDefaults)
  refuseInput(findRunPlanChange(registry, stored, request))
  const installed = installedStep(registry, step.planned)
  const { parentId, steps } = onboarding
  const input = fieldsForStep(installed, { request, parentId }, (id) => doneOutput(steps, id))
  const issues = installed.input.safeParse(input).error?.issues ?? []
  // A correction cannot change fields that come from other steps.
  refuseInput(
    toFieldProblems(
      issues.filter(({ path }) => String(path[0]) in request),
      input,
    ),
  )
  return request
}

/** The run plan is fixed: the problem when a correction needs other steps, or another placement of a step. */
function findRunPlanChange(
  registry: Registry,
  stored: AddAccountRequest,
  request: AddAccountRequest,
): FieldProblem[] {
  const shape = (of: AddAccountRequest) =>
    registry
      .planFor('add-account', of)
      .map(({ id, placement }) => `${id}:${placement}`)
      .join(' ')
  if (shape(stored) === shape(request)) return []
  return [fieldProblem('', planWouldChange)]
}

function doneOutput(steps: readonly RunStep[], id: string): Record<string, unknown> | undefined {
  return steps.find(({ planned, status }) => planned.id === id && status === 'done')?.output ?? undefined
}
