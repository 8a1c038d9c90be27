import type { ErrorDeclaration, ProblemDeclaration } from '../../domain/errors/error-declaration.ts'
import * as billing from '../../domain/billing/billing-errors.ts'
import * as licenses from '../../domain/licenses/license-errors.ts'
import * as organizations from '../../domain/organizations/organization-errors.ts'
import * as plans from '../../domain/plans/plan-errors.ts'
import * as runs from '../../domain/runs/run-errors.ts'
import * as users from '../../domain/users/user-errors.ts'
import * as api from './errors.ts'

type ProblemType = Omit<ProblemDeclaration, 'message'>

const declared: Partial<ErrorDeclaration>[] = [
  api,
  organizations,
  users,
  plans,
  licenses,
  billing,
  runs,
].flatMap((file) => Object.values(file))

/** The meaning of a code. Several errors with one code share a declaration without a message. */
export function findProblemType(code: string): ProblemType | undefined {
  const types = declared.filter(isProblemType).filter((type) => type.code === code)
  return types.find((type) => !('message' in type)) ?? types[0]
}

function isProblemType(declaration: Partial<ErrorDeclaration>): declaration is ProblemType {
  const { code, status, title, nextAction } = declaration
  return code !== undefined && status !== undefined && title !== undefined && nextAction !== undefined
}
