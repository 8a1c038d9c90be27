import type { AddAccountRequest } from '../../domain/runs/add-account-request.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { fieldProblem } from '../../domain/errors/error-declaration.ts'
import type { FieldProblem } from '../../domain/errors/error-class.ts'
import type { Onboarding, RunStep } from '../../domain/runs/run-record.ts'
import type { Organization } from '../../domain/organizations/read-organizations.ts'
import type { Registry } from '../../plugins/registry.ts'
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
import { invalidRequest } from '../http/problem.ts'
import { findUnreadFields, inputOf } from './step-fields.ts'

/**
 * The stored request with a person's correction for one step, checked like a new request.
 * @param patch a JSON merge patch.
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
  const schema = inputOf(registry, step.planned)
  refuse(findUnreadFields(schema, patch))

  const read = readAccountBody(applyMergePatch(stored, patch))
  const accountDefaults = await defaultsBelow(dependencies.db, dependencies.accountDefaults, {
    parent,
    ...read,
  })
  const domainProblems = await findDomainProblems({ ...dependencies, accountDefaults }, parent, {
    type: read.type === stored.type ? undefined : read.type,
    // Its own user may exist by now.
    email: read.email === stored.user?.email ? undefined : read.email,
    billingAdapter: read.billingAdapter,
  })
  refuse([...read.problems, ...domainProblems])
  if (read.request === undefined) throw new Error('A body without problems has a request')

  const request = withDefaults(read.request, accountDefaults)
  refuse(findPlanChange(registry, stored, request))
  const input = inputOfStep(onboarding, request)
  const issues = schema.safeParse(input).error?.issues ?? []
  // What comes from other steps is not for the correction to fix.
  refuse(
    toFieldProblems(
      issues.filter(({ path }) => String(path[0]) in request),
      input,
    ),
  )
  return request
}

/** The plan of a run is fixed: a correction may not need other steps, or the same steps placed elsewhere. */
function findPlanChange(
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

/** What the step will read: the request and the outputs of the steps that are done. */
function inputOfStep(onboarding: Onboarding, request: AddAccountRequest): Record<string, unknown> {
  const outputs = onboarding.steps.filter((step) => step.status === 'done').map((step) => step.output)
  return Object.assign({ ...request, parentId: onboarding.parentId }, ...outputs) as Record<string, unknown>
}

function refuse(problems: FieldProblem[]): void {
  if (problems.length === 0) return
  throw invalidRequest(problems.map((problem) => ({ ...problem, pointer: `/input${problem.pointer}` })))
}
