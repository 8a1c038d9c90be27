import { Context } from '@temporalio/activity'
import { lostAccess } from '../domain/access/api-keys.ts'
import { DecisionRefused, stepsDecidedOn } from '../domain/decisions/decidable-steps.ts'
import {
  makeDecision,
  type SendDependencies,
  sendWrittenDecision,
  noWorkflow,
} from '../temporal/make-decision.ts'
import { sendDecision, type SendOutcome } from '../temporal/send-decision.ts'
import {
  type OpenBulkDecision,
  countItems,
  findPendingItems,
  type PendingItem,
  startBulkDecision,
  refusePending,
  setItem,
  closeBulk,
  closeSentItems,
} from '../domain/decisions/bulk-progress.ts'
import {
  findDecision,
  isBeingUndone,
  wasDecidedSince,
  withLastDecision,
} from '../domain/decisions/read-decisions.ts'
import { refuseDecision } from '../domain/decisions/take-decision.ts'
import { findRun } from '../domain/runs/read-runs.ts'
import type { Activities } from '../workflows/activity-types.ts'
import type { BulkProgress } from '../workflows/contract.ts'
import { whileHeartbeating } from './steps/heartbeat.ts'
import type { ActivityDependencies } from './steps/step-context.ts'

/** The longest run of one activity, in milliseconds. Then the Web UI shows the progress, and a worker can stop. */
const partTime = 5_000
const pause = 300
/** The pause while Temporal, a worker or a run cannot be reached. */
const longPause = 2_000

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

async function carryOutPart(
  dependencies: SendDependencies,
  bulkId: string,
  sleep: (milliseconds: number) => Promise<void>,
): Promise<BulkProgress> {
  const { db } = dependencies
  const bulk = await startBulkDecision(db, bulkId)
  const deadline = Date.now() + partTime
  for (;;) {
    const inProgress = await closeSentItems(db, bulkId)
    const items = await findPendingItems(db, bulkId, bulk.atOnce)
    if (inProgress === 0 && items.length === 0) {
      await closeBulk(db, bulkId)
      return { counts: await countItems(db, bulkId), closed: true }
    }
    if (Date.now() > deadline) return { counts: await countItems(db, bulkId), closed: false }
    const next = items.slice(0, Math.max(0, bulk.atOnce - inProgress))
    const results = await Promise.all(next.map((item) => decide(dependencies, bulk, item)))
    await sleep(results.includes('later') ? longPause : pause)
  }
}

/** Decides on one run. @returns `later` if the run could not be reached. */
async function decide(
  dependencies: SendDependencies,
  bulk: OpenBulkDecision,
  item: PendingItem,
): Promise<'decided' | 'later'> {
  const result = await decideOnce(dependencies, bulk, item)
  if (result.outcome === 'unreachable') return 'later'
  await setItem(dependencies.db, item.decisionId, itemAfter(result))
  return 'decided'
}

function itemAfter(
  result: Exclude<SendOutcome, { outcome: 'unreachable' }>,
): { status: 'sent' } | { status: 'refused'; refusal: string } {
  if (result.outcome === 'taken') return { status: 'sent' }
  return { status: 'refused', refusal: result.outcome === 'refused' ? result.reason : noWorkflow }
}

const anotherDecision = 'Another decision was made on the run since the bulk decision was accepted.'

/** Makes the decision of an item, or continues one that an earlier worker began. */
async function decideOnce(
  dependencies: SendDependencies,
  bulk: OpenBulkDecision,
  { decisionId: id, runId, stepId }: PendingItem,
): Promise<SendOutcome> {
  const { db } = dependencies
  const { action, actor, reason } = bulk
  const undo = bulk.undo ?? undefined
  const step = stepId ?? undefined
  const run = await findRun(db, bulk.subtree, runId)
  if (run === undefined) return { outcome: 'refused', reason: 'The run no longer exists.' }
  const since = bulk.acceptedAt
  // Read before the decision of this item is stored, so that only other decisions count.
  const overtaken = await wasDecidedSince(db, { runId, stepId, since })
  const stored = await findDecision(db, id)
  if (stored?.takenAt != null) return { outcome: 'taken' }
  if (stored?.refusal != null) return { outcome: 'refused', reason: stored.refusal }
  const refusal =
    (await lostAccess(db, actor)) ??
    (overtaken ? await withLastDecision(db, run.id, anotherDecision) : undefined)
  if (refusal !== undefined) {
    await refuseDecision(db, id, refusal)
    return { outcome: 'refused', reason: refusal }
  }
  if (stored !== undefined) return sendWrittenDecision(dependencies, run, { id, action, step, undo, actor })
  // The workflow of the run is not started yet.
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
