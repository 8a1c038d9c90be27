import * as activities from '../../activities/errors.ts'
import * as fields from '../../api/http/field-errors.ts'
import * as api from '../../api/http/errors.ts'
import * as billing from '../../domain/billing/billing-errors.ts'
import type { ErrorDeclaration } from '../../domain/errors/error-declaration.ts'
import * as licenses from '../../domain/licenses/license-errors.ts'
import * as organizations from '../../domain/organizations/organization-errors.ts'
import * as plans from '../../domain/plans/plan-errors.ts'
import * as runs from '../../domain/runs/run-errors.ts'
import * as users from '../../domain/users/user-errors.ts'
import * as accounts from '../../plugins/accounts/errors.ts'
import * as plugins from '../../plugins/errors.ts'
import * as http from '../../plugins/http/errors.ts'
import * as ledger from '../../plugins/ledger/errors.ts'
import * as smtp from '../../plugins/smtp/errors.ts'
import * as stripe from '../../plugins/stripe/errors.ts'
import * as subscriptions from '../../plugins/subscriptions/errors.ts'
import * as workflows from '../../workflows/errors.ts'

export interface Declarer {
  by: string
  errors: ErrorDeclaration[]
}

export const catalogue: Declarer[] = [
  { by: 'engine', errors: declaredIn(activities, workflows, plugins) },
  { by: 'rules', errors: declaredIn(organizations, users, plans, licenses, billing, runs) },
  { by: 'accounts', errors: declaredIn(accounts) },
  { by: 'subscriptions', errors: declaredIn(subscriptions) },
  { by: 'ledger', errors: declaredIn(ledger) },
  { by: 'stripe', errors: declaredIn(stripe) },
  { by: 'http', errors: declaredIn(http) },
  { by: 'smtp', errors: declaredIn(smtp) },
  { by: 'api', errors: declaredIn(api, fields) },
]

function declaredIn(...files: Record<string, Partial<ErrorDeclaration>>[]): ErrorDeclaration[] {
  return files.flatMap((file) => Object.values(file)).filter(isDeclaration)
}

/** The common part of several declarations is exported as well. It has no message. */
function isDeclaration(value: Partial<ErrorDeclaration>): value is ErrorDeclaration {
  return value.code !== undefined && value.message !== undefined
}
