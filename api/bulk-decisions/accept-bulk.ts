import { hashBody } from '../../domain/runs/accept-run.ts'
import type { Caller } from '../../domain/access/api-keys.ts'
import {
  acceptBulkDecision,
  type BulkDecision,
  findBulkDecision,
  findEarlierBulk,
} from '../../domain/decisions/bulk-decision.ts'
import { decisionsOf, type SelectedRun, selectRuns } from '../../domain/decisions/bulk-selection.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import type { BulkFilter } from '../../domain/database/tables/decision-tables.ts'
import type { DecisionAction, UndoAnswers } from '../../domain/decisions/decision.ts'
import { fieldProblem } from '../../domain/errors/error-declaration.ts'
import { tooManyRuns } from '../http/field-errors.ts'
import type { Launcher } from '../../temporal/launcher.ts'
import { invalidRequest, notFound } from '../http/problem.ts'
import { refuseReusedKey } from '../runs/replayed-request.ts'

interface Dependencies {
  db: DatabaseConnection
  launcher: Launcher
}

export interface WantedBulk {
  action: DecisionAction
  filter: BulkFilter
  reason?: string | undefined
  undo?: UndoAnswers | undefined
  atOnce: number
}

/** More than this in one decision is more than a person has looked at. */
const mostItems = 10_000
const shown = 20

/** A dry run of a decision in bulk: which decisions it would make. Has no effect. */
export async function dryRunBulk(db: DatabaseConnection, caller: Caller, wanted: WantedBulk) {
  const rows = await selectRuns(db, caller.path, wanted, mostItems + 1)
  const items = decisionsOf(rows, wanted)
  refuseTooMany(rows)
  return {
    action: wanted.action,
    count: items.length,
    stuckAt: countStuck(rows),
    items: items
      .slice(0, shown)
      .map(({ runId, stepId, code }) => ({ onboardingId: runId, step: stepId, code })),
  }
}

/**
 * Accepts a decision on many runs: once it returns, it can't be lost. A repeated idempotency key answers with the first one.
 * @throws Problem when it is about too many at once.
 */
export async function acceptBulk(
  { db, launcher }: Dependencies,
  caller: Caller,
  wanted: WantedBulk,
  idempotencyKey: string | undefined,
): Promise<BulkDecision> {
  const bodyHash = hashBody(wanted)
  const earlier = await replay(db, caller, { idempotencyKey, bodyHash })
  if (earlier !== undefined) return earlier
  const rows = await selectRuns(db, caller.path, wanted, mostItems + 1)
  refuseTooMany(rows)
  const items = decisionsOf(rows, wanted)
  const { apiKeyId, organizationId } = caller
  const { reason = '' } = wanted
  const id = await acceptBulkDecision(
    db,
    { ...wanted, reason, apiKeyId, organizationId, idempotencyKey, bodyHash },
    items,
  )
  if (id === undefined) {
    const winner = await replay(db, caller, { idempotencyKey, bodyHash })
    if (winner !== undefined) return winner
    throw notFound()
  }
  if (items.length > 0) launcher.launchBulk({ id, action: wanted.action, total: items.length })
  const accepted = await findBulkDecision(db, caller.path, id)
  if (accepted === undefined) throw notFound()
  return accepted
}

/** @throws Problem when the key was used with another body. */
async function replay(
  db: DatabaseConnection,
  caller: Caller,
  { idempotencyKey: key, bodyHash }: { idempotencyKey: string | undefined; bodyHash: string },
): Promise<BulkDecision | undefined> {
  if (key === undefined) return undefined
  const earlier = await findEarlierBulk(db, { apiKeyId: caller.apiKeyId, key })
  if (earlier === undefined) return undefined
  refuseReusedKey(earlier, bodyHash)
  return findBulkDecision(db, caller.path, earlier.id)
}

function refuseTooMany(rows: readonly SelectedRun[]): void {
  if (rows.length <= mostItems) return
  throw invalidRequest([fieldProblem('/filter', tooManyRuns, { parameters: { maximum: mostItems } })])
}

function countStuck(rows: readonly SelectedRun[]) {
  const counts = new Map<string, { step: string; code: string | null; count: number }>()
  for (const { stepId: step, code } of rows) {
    if (step === null) continue
    const key = `${step} ${code}`
    const count = (counts.get(key)?.count ?? 0) + 1
    counts.set(key, { step, code, count })
  }
  return [...counts.values()].sort((one, other) => other.count - one.count)
}
