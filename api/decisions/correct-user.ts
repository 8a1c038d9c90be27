import { z } from 'zod'
import { checkEmail } from '../../domain/organizations/account-checks.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import type { FieldProblem } from '../../domain/errors/error-class.ts'
import type { RunStep, Run } from '../../domain/runs/run-record.ts'
import type { RunRequests } from '../../domain/runs/run-requests.ts'
import type { Registry } from '../../plugins/registry.ts'
import { toFieldProblems } from '../http/field-problems.ts'
import { applyMergePatch } from '../http/merge-patch.ts'
import { invalidRequest } from '../http/problem.ts'
import { addUserBody } from '../users/schemas.ts'
import { findUnreadFields, inputOf } from './step-fields.ts'

const correctable = z.strictObject({ user: addUserBody })

/**
 * The request to add a user with a person's correction for one step, checked like a new one.
 * @param patch a JSON merge patch.
 * @throws Problem with pointers below `/input`.
 */
export async function correctUser(
  { db, registry }: { db: DatabaseConnection; registry: Registry },
  { request }: Pick<Run<'add-user'>, 'request'>,
  { planned }: RunStep,
  patch: Record<string, unknown>,
): Promise<RunRequests['add-user']> {
  refuse(findUnreadFields(inputOf(registry, planned), patch))
  const merged = applyMergePatch({ user: request.user }, patch)
  const parsed = correctable.safeParse(merged)
  if (!parsed.success) throw belowInput(toFieldProblems(parsed.error.issues, merged))
  const { user } = parsed.data
  // Its own user may exist by now.
  if (user.email !== request.user.email) refuse(await checkEmail(db, user.email))
  return { ...request, user }
}

function refuse(problems: FieldProblem[]): void {
  if (problems.length > 0) throw belowInput(problems)
}

function belowInput(problems: FieldProblem[]) {
  return invalidRequest(problems.map((problem) => ({ ...problem, pointer: `/input${problem.pointer}` })))
}
