import { Context } from '@temporalio/activity'
import { countOpenFindings, readClock } from '../../domain/reconciliation/findings.ts'
import type { ReconcileCall, ReconciledChunk } from '../../workflows/contract.ts'
import { compareChunk } from './compare-chunk.ts'
import { createRunWorkflows } from '../../temporal/run-workflows.ts'
import type { ActivityDependencies } from '../steps/step-context.ts'

const millisecondsPerMinute = 60_000

export async function reconcileChunk(
  { db, registry, logger }: ActivityDependencies,
  { graceMinutes, startedAt, at }: ReconcileCall,
): Promise<ReconciledChunk> {
  const { client, info } = Context.current()
  const { billingAdapters } = registry
  const workflows = createRunWorkflows(client, info.taskQueue)
  const round = {
    startedAt: startedAt === undefined ? await readClock(db) : new Date(startedAt),
    grace: graceMinutes * millisecondsPerMinute,
  }
  const chunk = await compareChunk({ db, billingAdapters, workflows }, round, at)
  const compared = { startedAt: round.startedAt.toISOString(), ...chunk }
  if (chunk.next !== null) return compared
  const open = await countOpenFindings(db)
  if (Object.keys(open).length > 0)
    logger.warn({ open }, 'there are open findings: list them with npx tenantry reconcile')
  return { ...compared, open }
}
