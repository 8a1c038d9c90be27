import { Context } from '@temporalio/activity'
import { DecisionRefused, stepsDecidedOn } from '../domain/decisions/decidable-steps.ts'
import {
  makeDecision,
  type SendDependencies,
  sendWrittenDecision,
  noWorkflow,
} from '../temporal/make-decision.ts'
import { sendDecision, type SendOutcome } from '../temporal/send-decision.ts'
import { withLastDecision } from '../domain/decisions/last-decision.ts'
import {
  type BulkUnderWay,
  countItems,
  findPendingItems,
  type PendingItem,
  readBulkUnderWay,
  refusePending,
  setItem,
  closeBulk,
  closeSentItems,
} from '../domain/decisions/bulk-progress.ts'
import { findDecision, isBeingUndone, wasDecidedSince } from '../domain/decisions/read-decisions.ts'
import { refuseDecision } from '../domain/decisions/take-decision.ts'
import { findRun } from '../domain/runs/read-runs.ts'
import type { Activities } from '../workflows/activity-types.ts'
import type { BulkProgress } from '../workflows/contract.ts'
import { whileHeartbeating } from './steps/heartbeat.ts'
import type { ActivityDependencies } from './steps/step-context.ts'

/** Milliseconds after which a part ends: the Web UI then shows how far it has come, and no worker waits long to stop. */
const partTime = 5_000
const pause = 300
/** While Temporal, a worker or a run can't be reached. */
const longPause = 2_000

/** What a decision in bulk asks for. All it knows is in our database, so that any worker can go on with it. */
export function createBulkDecisions({ db }: ActivityDependencies) {
  return {
    'carry-out-bulk-decision': ({ bulkId }) => {
      const { client, sleep } = Context.current()
      const dependencies = { db, sendDecision: sendDecision.bind(undefined, client) }
      return whileHeartbeating(() => carryOutPart(dependencies, bulkId, sleep))
    },
    'stop-bulk-decision': ({ bulkId }) =>
      refusePending(db, bulkId, 'The bulk decision was cancelled before it reached this run.'),
  } satisfies Partial<Activities>
}

/** Hands decisions over, never more than may be under way at once, until all are resolved or the part's time is up. */
async function carryOutPart(
  dependencies: SendDependencies,
  bulkId: string,
  sleep: (milliseconds: number) => Promise<void>,
): Promise<BulkProgress> {
  const { db } = dependencies
  const bulk = await readBulkUnderWay(db, bulkId)
  const deadline = Date.now() + partTime
  for (;;) {
    const underWay = await closeSentItems(db, bulkId)
    const items = await findPendingItems(db, bulkId, bulk.atOnce)
    if (underWay === 0 && items.length === 0) {
      await closeBulk(db, bulkId)
      return { counts: await countItems(db, bulkId), closed: true }
    }
    if (Date.now() > deadline) return { counts: await countItems(db, bulkId), closed: false }
    const next = items.slice(0, Math.max(0, bulk.atOnce - underWay))
    const results = await Promise.all(next.map((item) => takeUp(dependencies, bulk, item)))
    await sleep(results.includes('later') ? longPause : pause)
  }
}

/** @returns `later` when it could not be found out whether the run takes the decision. */
async function takeUp(
  dependencies: SendDependencies,
  bulk: BulkUnderWay,
  item: PendingItem,
): Promise<'resolved' | 'later'> {
  const result = await decideOnce(dependencies, bulk, item)
  if (result.outcome === 'unreachable') return 'later'
  await setItem(dependencies.db, item.decisionId, itemAfter(result))
  return 'resolved'
}

function itemAfter(
  result: Exclude<SendOutcome, { outcome: 'unreachable' }>,
): { status: 'sent' } | { status: 'refused'; refusal: string } {
  if (result.outcome === 'taken') return { status: 'sent' }
  return { status: 'refused', refusal: result.outcome === 'refused' ? result.reason : noWorkflow }
}

/** Makes the decision of an item, or finds out what became of it when an earlier worker began to. */
async function decideOnce(
  dependencies: SendDependencies,
  bulk: BulkUnderWay,
  { decisionId: id, runId, stepId }: PendingItem,
): Promise<SendOutcome> {
  const { db } = dependencies
  const { action, actor, reason } = bulk
  const undo = bulk.undo ?? undefined
  const step = stepId ?? undefined
  const run = await findRun(db, bulk.subtree, runId)
  if (run === undefined) return { outcome: 'refused', reason: 'The run no longer exists.' }
  const since = bulk.acceptedAt
  // Asked first, so that it is not this decision itself.
  const overtaken = await wasDecidedSince(db, { runId, stepId, since })
  const begun = await findDecision(db, id)
  if (begun?.takenAt != null) return { outcome: 'taken' }
  if (begun?.refusal != null) return { outcome: 'refused', reason: begun.refusal }
  if (overtaken) {
    const refusal = await withLastDecision(
      db,
      run.id,
      'Another decision was made on the run since the bulk decision was accepted.',
    )
    await refuseDecision(db, id, refusal)
    return { outcome: 'refused', reason: refusal }
  }
  if (begun !== undefined) return sendWrittenDecision(dependencies, run, { id, action, step, undo, actor })
  // Its workflow is about to be started.
  if (run.status === 'accepted') return { outcome: 'unreachable' }
  try {
    const about = stepsDecidedOn(run, { action, step }, { undoing: await isBeingUndone(db, run.id) })
    const decision = { id, source: 'bulk', action, stepId: step, actor, reason, undo } as const
    return await makeDecision(dependencies, run, decision, about)
  } catch (error) {
    if (!(error instanceof DecisionRefused)) throw error
    return { outcome: 'refused', reason: await withLastDecision(db, run.id, error.message) }
  }
}
