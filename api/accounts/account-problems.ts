import { checkEmail, checkPlacement } from '../../domain/organizations/account-checks.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import type { FieldProblem } from '../../domain/errors/error-class.ts'
import type { PlaceInTree } from '../../domain/organizations/organization-tree.ts'
import type { Registry } from '../../plugins/registry.ts'
import { findAdapterProblem } from '../account-changes/billing-adapter-problem.ts'
import type { AccountDefaults, ReadBody } from './account-request.ts'

interface Known {
  db: DatabaseConnection
  registry: Registry
  accountDefaults: AccountDefaults
}

/** What stands against the request by what is known now: the parent, the users there are, the enabled plug-ins. */
export async function findDomainProblems(
  { db, registry, accountDefaults }: Known,
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
  asked: string | null | undefined,
  defaults: AccountDefaults,
): FieldProblem[] {
  if (asked === undefined) return []
  const unknown = findAdapterProblem(registry, asked ?? defaults.billingAdapter, '/plan/billingAdapter')
  return unknown === undefined ? [] : [unknown]
}
