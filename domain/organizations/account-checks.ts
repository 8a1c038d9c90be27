import type { DatabaseConnection } from '../database/connection.ts'
import { fieldProblem } from '../errors/error-declaration.ts'
import type { FieldProblem } from '../errors/error-class.ts'
import { hierarchyTooDeep, parentTypeNotAllowed } from './organization-errors.ts'
import { depthOf, maximumDepth, type PlaceInTree } from './organization-tree.ts'
import { type AccountType, mayHold, parentsFor, planFor } from './organization-types.ts'
import { planNotAllowed, planRequired } from '../plans/plan-errors.ts'
import { emailTaken } from '../users/user-errors.ts'

export function checkPlacement(parent: PlaceInTree, type: AccountType): FieldProblem[] {
  if (!mayHold(parent.type, type)) {
    const allowed = parentsFor(type).join(' or ')
    const parameters = { type, allowed, parentType: parent.type }
    return [fieldProblem('/type', parentTypeNotAllowed, { parameters })]
  }
  if (depthOf(parent.path) < maximumDepth) return []
  return [fieldProblem('/type', hierarchyTooDeep, { parameters: { maximum: maximumDepth } })]
}

export function checkPlanPresence(type: AccountType, plan: 'given' | 'missing'): FieldProblem[] {
  const wanted = planFor(type)
  if (wanted === 'none' && plan === 'given') return [fieldProblem('/plan', planNotAllowed)]
  if (wanted === 'required' && plan === 'missing')
    return [fieldProblem('/plan', planRequired, { parameters: { type } })]
  return []
}

export async function checkEmail(db: DatabaseConnection, email: string): Promise<FieldProblem[]> {
  const user = await db.selectFrom('users').select('id').where('email', '=', email).executeTakeFirst()
  if (user === undefined) return []
  return [fieldProblem('/user/email', emailTaken)]
}
