import type { DatabaseConnection } from '../database/connection.ts'
import type { FieldProblem } from '../errors/error-class.ts'
import { depthOf, maximumDepth, type PlaceInTree } from './organization-tree.ts'
import { type AccountType, mayHold, parentsFor } from './organization-types.ts'

/** Whether an account of this type may be added under the parent, by the rules of the hierarchy. */
export function checkPlacement(parent: PlaceInTree, type: AccountType): FieldProblem[] {
  if (!mayHold(parent.type, type)) {
    const allowed = parentsFor(type).join(' or ')
    return [
      {
        pointer: '/type',
        code: 'parent_type_not_allowed',
        message: `A ${type} goes under a ${allowed}, not under a ${parent.type}.`,
      },
    ]
  }
  if (depthOf(parent.path) < maximumDepth) return []
  return [
    {
      pointer: '/type',
      code: 'hierarchy_too_deep',
      message: `Organizations nest at most ${maximumDepth} deep.`,
    },
  ]
}

/** Whether a type of account comes with a plan. A partner may do without. */
export function checkPlanPresence(type: AccountType, plan: 'given' | 'missing'): FieldProblem[] {
  if (type === 'unit' && plan === 'given') {
    return [
      {
        pointer: '/plan',
        code: 'plan_not_allowed',
        message: 'A unit has no plan: it draws on its enterprise.',
      },
    ]
  }
  if ((type === 'customer' || type === 'enterprise') && plan === 'missing') {
    return [{ pointer: '/plan', code: 'required', message: `A ${type} needs a plan.` }]
  }
  return []
}

/** @param email in lower case. */
export async function checkEmail(db: DatabaseConnection, email: string): Promise<FieldProblem[]> {
  const user = await db.selectFrom('users').select('id').where('email', '=', email).executeTakeFirst()
  if (user === undefined) return []
  return [{ pointer: '/user/email', code: 'email_taken', message: 'This email belongs to another user.' }]
}
