import type { Transaction } from 'kysely'
import { lockPlace } from '../../domain/organizations/organization-tree.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import type { Database } from '../../domain/database/tables.ts'
import type { Finding, Sighting } from '../../domain/reconciliation/findings.ts'
import { isChanging } from '../../domain/reconciliation/unfit-runs.ts'
import type { PlaceInTree } from '../../domain/organizations/organization-tree.ts'
import type { BillingAdapter } from '../../plugins/plugin-contract.ts'
import type { Asked } from './ask-provider.ts'
import type { ReconcileContext } from './comparison.ts'
import { gone, refused } from './remediation.ts'

/** @throws NotRemediated while a run about the organization has not ended: what it leaves half done is no orphan. */
export async function requireNoRun(db: DatabaseConnection, organizationId: string | null): Promise<void> {
  if (organizationId === null || !(await isChanging(db, organizationId))) return
  throw refused('A run about the organization has not ended: let it end, or cancel it, first.')
}

/**
 * Holds the organization until the transaction ends, and with it what could change it.
 * @throws NotRemediated when it is gone, or a run about it has begun.
 */
export async function holdUnchanging(
  transaction: Transaction<Database>,
  organizationId: string,
): Promise<PlaceInTree> {
  const place = await lockPlace(transaction, organizationId)
  if (place === undefined) throw refused('There is no such organization here.')
  await requireNoRun(transaction, organizationId)
  return place
}

/** The finding as it is seen now. @throws NotRemediated when it is not. */
export function sameAs(finding: Finding, seen: readonly (Sighting | undefined)[]): Sighting {
  const again = seen.find((one) => one?.kind === finding.kind && one.subject === finding.subject)
  if (again === undefined) throw gone()
  return again
}

/** What a provider answered. @throws NotRemediated when it did not. */
export function answered<Answer>(asked: Asked<Answer>): Answer {
  if ('answer' in asked) return asked.answer
  throw refused(`It can not be verified. ${asked.notCompared}`)
}

/** @throws NotRemediated when no plug-in brings it. */
export function adapterOf({ billingAdapters }: ReconcileContext, id: string | null): BillingAdapter {
  const adapter = billingAdapters.get(id ?? '')
  if (adapter === undefined) throw refused(`No plug-in brings the billing adapter "${id}".`)
  return adapter
}
