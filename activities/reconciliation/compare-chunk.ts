import { listAdaptersInUse } from '../../domain/reconciliation/unfit-subscriptions.ts'
import { closeUnseen, noteSightings } from '../../domain/reconciliation/findings.ts'
import { devices, documents, organizations, users } from './compare-records.ts'
import { openRuns, openWorkflows } from './compare-runs.ts'
import { subscriptionsAt, subscriptionsBilledBy } from './compare-subscriptions.ts'
import type { Comparison, ReconcileContext } from './comparison.ts'
import type { ReconciledChunk, ReconcilePosition } from '../../workflows/contract.ts'

export interface ReconciliationRound {
  /** By the clock of the database. */
  startedAt: Date
  /** The age in milliseconds under which an object is ignored, because a run may still be changing it. */
  grace: number
}

/**
 * Compares the next chunk of a round, and records its findings. At the end of a comparison without gaps, closes the earlier
 * findings that it did not find again.
 * @param at the position of the chunk. Default: the first chunk.
 */
export async function compareChunk(
  context: ReconcileContext,
  { startedAt, grace }: ReconciliationRound,
  at: ReconcilePosition | undefined,
): Promise<Pick<ReconciledChunk, 'next' | 'notCompared'>> {
  const comparisons = await comparisonsFor(context)
  const comparison =
    at === undefined ? comparisons[0] : comparisons.find(({ name }) => name === at.comparison)
  // The billing adapter was removed during the round.
  if (comparison === undefined)
    return {
      next: null,
      notCompared: [`${at?.comparison}: The billing adapter was removed during the round.`],
    }
  const { sightings, next, notCompared } = await comparison.compare(context, at?.after ?? '', grace)
  await noteSightings(context.db, sightings)
  const incomplete = notCompared !== undefined || at?.incomplete === true
  const reasons = notCompared === undefined ? [] : [`${comparison.name}: ${notCompared}`]
  if (next !== null) {
    const failed = incomplete ? { incomplete: true as const } : {}
    return { next: { comparison: comparison.name, after: next, ...failed }, notCompared: reasons }
  }
  if (!incomplete) {
    const { kinds, billingAdapter } = comparison
    await closeUnseen(context.db, { kinds, billingAdapter, since: startedAt })
  }
  const following = comparisons[comparisons.indexOf(comparison) + 1]
  return {
    next: following === undefined ? null : { comparison: following.name, after: '' },
    notCompared: reasons,
  }
}

async function comparisonsFor({ db, billingAdapters }: ReconcileContext): Promise<Comparison[]> {
  const adapters = [...new Set([...billingAdapters.keys(), ...(await listAdaptersInUse(db))])]
  return [
    organizations,
    users,
    devices,
    documents,
    ...adapters.flatMap((adapter) => [subscriptionsAt(adapter), subscriptionsBilledBy(adapter)]),
    openRuns,
    openWorkflows,
  ]
}
