import { checkEmail, checkPlacement } from '../../domain/organizations/account-checks.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import type { FieldProblem } from '../../domain/errors/error-class.ts'
import type { PlaceInTree } from '../../domain/organizations/organization-tree.ts'
import type { Registry } from '../../plugins/registry.ts'
import { findAdapterProblem } from '../account-changes/billing-adapter-problem.ts'
import type { AccountDefaults, ReadBody } from './account-request.ts'

interface Dependencies {
  db: DatabaseConnection
  registry: Registry
  accountDefaults: AccountDefaults
}

export async function findDomainProblems(
  { db, registry, accountDefaults }: Dependencies,
  parent: PlaceInTree,
  read: Pick<ReadBody, 'type' | 'email' | 'billingAdapter'>,
): Promise<FieldProblem[]> {
  return [
    ...(read.type === undefined ? [] : checkPlacement(parent, read.type)),
    ...(read.email === undefined ? [] : await checkEmail(db, read.email)),
    ...checkBillingAdapter(registry, read.billingAdapter, accountDefaults),
  ]
}

function checkBillingAdapter(
  registry: Registry,
  requested: string | null | undefined,
  defaults: AccountDefaults,
): FieldProblem[] {
  if (requested === undefined) return []
  const problem = findAdapterProblem(registry, requested ?? defaults.billingAdapter, '/plan/billingAdapter')
  return problem === undefined ? [] : [problem]
}
