import { z } from 'zod'
import { checkEmail } from '../../domain/organizations/account-checks.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import type { RunStep, Run } from '../../domain/runs/run-record.ts'
import type { RunRequests } from '../../domain/runs/run-requests.ts'
import type { Registry } from '../../plugins/registry.ts'
import { toFieldProblems } from '../http/field-problems.ts'
import { applyMergePatch } from '../http/merge-patch.ts'
import { addUserBody } from '../users/schemas.ts'
import { refuseFields, refuseInput } from './step-fields.ts'

const correctable = z.strictObject({ user: addUserBody })

/**
 * Applies a correction for one step to the stored request of an `add-user` run, and validates the result like a new request.
 * @param patch the correction, a JSON merge patch (RFC 7396). It may change only fields that the step reads, and that no
 * other step has used.
 * @throws Problem with pointers below `/input`.
 */
export async function correctUser(
  { db, registry }: { db: DatabaseConnection; registry: Registry },
  run: Run<'add-user'>,
  step: RunStep,
  patch: Record<string, unknown>,
): Promise<RunRequests['add-user']> {
  const { request } = run
  const merged = applyMergePatch({ user: request.user }, patch)
  const parsed = correctable.safeParse(merged)
  refuseInput(toFieldProblems(parsed.error?.issues ?? [], merged))
  refuseFields(registry, run, step, patch)
  if (!parsed.success) throw new Error('A correction without problems has a user')
  const { user } = parsed.data
  // The run may have created its user already, so its own email is not checked again.
  if (user.email !== request.user.email) refuseInput(await checkEmail(db, user.email))
  return { ...request, user }
}
