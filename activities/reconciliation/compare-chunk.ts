import { listAdaptersInUse } from '../../domain/reconciliation/unfit-subscriptions.ts'
import { closeUnseen, noteSightings } from '../../domain/reconciliation/findings.ts'
import { devices, organizations, users } from './compare-records.ts'
import { openRuns, openWorkflows } from './compare-runs.ts'
import { subscriptionsAt, subscriptionsBilledBy } from './compare-subscriptions.ts'
import type { Comparison, ReconcileContext } from './comparison.ts'
import type { ReconcilePosition } from '../../workflows/contract.ts'

/** One look at the state of things. */
export interface Round {
  /** By the clock of the database. */
  startedAt: Date
  /** Milliseconds: what is younger is left alone, because it may still be under way. */
  grace: number
}

/** What came of one chunk of a round. `next` is null when the round is over. */
export interface RoundChunk {
  next: ReconcilePosition | null
  notCompared: string[]
}

/**
 * Compares the next chunk of a round and notes what it finds. What was found before and is not seen any more is closed, once
 * all of the comparison that finds such was done.
 */
export async function compareChunk(
  context: ReconcileContext,
  { startedAt, grace }: Round,
  at: ReconcilePosition | undefined,
): Promise<RoundChunk> {
  const comparisons = await comparisonsFor(context)
  const comparison =
    at === undefined ? comparisons[0] : comparisons.find(({ name }) => name === at.comparison)
  // Its adapter has gone while the round was under way.
  if (comparison === undefined)
    return { next: null, notCompared: [`${at?.comparison}: It is not there any more.`] }
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

/** In the order of a round. What the accounts have comes before what others have of them. */
async function comparisonsFor({ db, billingAdapters }: ReconcileContext): Promise<Comparison[]> {
  const adapters = [...new Set([...billingAdapters.keys(), ...(await listAdaptersInUse(db))])]
  return [
    organizations,
    users,
    devices,
    ...adapters.flatMap((adapter) => [subscriptionsAt(adapter), subscriptionsBilledBy(adapter)]),
    openRuns,
    openWorkflows,
  ]
}
