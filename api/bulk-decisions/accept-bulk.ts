import { hashBody } from '../../domain/runs/idempotency.ts'
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
import { refuseReusedKey } from '../runs/earlier-request.ts'

interface Dependencies {
  db: DatabaseConnection
  launcher: Launcher
}

export interface RequestedBulk {
  action: DecisionAction
  filter: BulkFilter
  reason?: string | undefined
  undo?: UndoAnswers | undefined
  atOnce: number
}

/** The most items of one bulk decision. No person has looked at more. */
const mostItems = 10_000
/** The number of items in the response to a dry run. */
const shownItems = 20

/** A dry run of a bulk decision: the decisions it would make. Has no effect. @throws Problem when the filter finds too many. */
export async function dryRunBulk(db: DatabaseConnection, caller: Caller, requested: RequestedBulk) {
  const rows = await selectRuns(db, caller.path, requested, mostItems + 1)
  const items = decisionsOf(rows, requested)
  refuseTooMany(rows)
  return {
    action: requested.action,
    count: items.length,
    stuckAt: countStuck(rows),
    items: items
      .slice(0, shownItems)
      .map(({ runId, stepId, code }) => ({ onboardingId: runId, step: stepId, code })),
  }
}

/**
 * Accepts a bulk decision. Once this function returns, the bulk decision cannot be lost.
 * @param idempotencyKey a repeated key returns the first bulk decision.
 * @throws Problem when the filter finds too many runs, or the key was used with another body.
 */
export async function acceptBulk(
  { db, launcher }: Dependencies,
  caller: Caller,
  requested: RequestedBulk,
  idempotencyKey: string | undefined,
): Promise<BulkDecision> {
  const bodyHash = hashBody(requested)
  const earlier = await findEarlier(db, caller, { idempotencyKey, bodyHash })
  if (earlier !== undefined) return earlier
  const rows = await selectRuns(db, caller.path, requested, mostItems + 1)
  refuseTooMany(rows)
  const items = decisionsOf(rows, requested)
  const { apiKeyId, organizationId } = caller
  const { reason = '' } = requested
  const id = await acceptBulkDecision(
    db,
    { ...requested, reason, apiKeyId, organizationId, idempotencyKey, bodyHash },
    items,
  )
  if (id === undefined) {
    const concurrent = await findEarlier(db, caller, { idempotencyKey, bodyHash })
    if (concurrent !== undefined) return concurrent
    throw notFound()
  }
  if (items.length > 0) launcher.launchBulk({ id, action: requested.action, total: items.length })
  const accepted = await findBulkDecision(db, caller.path, id)
  if (accepted === undefined) throw notFound()
  return accepted
}

async function findEarlier(
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
