import type { Transaction } from 'kysely'
import { lockPlace } from '../../domain/organizations/organization-tree.ts'
import { lockStanding } from '../../domain/organizations/standing.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import type { Database } from '../../domain/database/tables.ts'
import type { Finding, Sighting } from '../../domain/reconciliation/findings.ts'
import { hasOpenRunOn } from '../../domain/reconciliation/unfit-runs.ts'
import type { PlaceInTree } from '../../domain/organizations/organization-tree.ts'
import type { BillingAdapter } from '../../plugins/plugin-contract.ts'
import type { ProviderAnswer } from './ask-provider.ts'
import type { ReconcileContext } from './comparison.ts'
import { gone, refused } from './remediation.ts'

/** @throws NotRemediated if a run about the organization is open: the run may still complete or undo the difference. */
export async function requireNoRun(db: DatabaseConnection, organizationId: string | null): Promise<void> {
  if (organizationId === null || !(await hasOpenRunOn(db, organizationId))) return
  throw refused('A run about the organization has not ended: let it end, or cancel it, first.')
}

/**
 * Locks the organization until the transaction ends, so that no new run changes it.
 * @throws NotRemediated if the organization does not exist, or a run about it is open.
 */
export async function holdUnchanging(
  transaction: Transaction<Database>,
  organizationId: string,
): Promise<PlaceInTree> {
  await lockStanding(transaction, organizationId)
  const place = await lockPlace(transaction, organizationId)
  if (place === undefined) throw refused('There is no such organization here.')
  await requireNoRun(transaction, organizationId)
  return place
}

/** The finding among the results of a recheck. @throws NotRemediated if the recheck does not find it any more. */
export function sameAs(finding: Finding, seen: readonly (Sighting | undefined)[]): Sighting {
  const again = seen.find((one) => one?.kind === finding.kind && one.subject === finding.subject)
  if (again === undefined) throw gone()
  return again
}

export function answered<Answer>(asked: ProviderAnswer<Answer>): Answer {
  if ('answer' in asked) return asked.answer
  throw refused(`It can not be verified. ${asked.notCompared}`)
}

export function requireAdapter({ billingAdapters }: ReconcileContext, id: string | null): BillingAdapter {
  const adapter = billingAdapters.get(id ?? '')
  if (adapter === undefined) throw refused(`No plug-in brings the billing adapter "${id}".`)
  return adapter
}
