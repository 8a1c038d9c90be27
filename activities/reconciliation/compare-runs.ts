import type { DatabaseConnection } from '../../domain/database/connection.ts'
import type { FindingDetails } from '../../domain/database/tables/findings-table.ts'
import type { Sighting } from '../../domain/reconciliation/findings.ts'
import {
  findOpenRun,
  isOrMayBeStuckAt,
  listOpenRuns,
  type OpenRun,
  runFindingKinds,
  whichMayBeOpen,
  workflowFindingKinds,
} from '../../domain/reconciliation/unfit-runs.ts'
import { isId } from '../../domain/ids.ts'
import { workflowIdOf } from '../../workflows/contract.ts'
import type { Comparison, ReconcileContext } from './comparison.ts'
import { pooled } from './pooled.ts'
import type { OpenWorkflow } from '../../temporal/run-workflows.ts'

const pageSize = 200
const atOnce = 10

export const openRuns: Comparison = {
  name: 'runs that have not ended',
  kinds: runFindingKinds,
  async compare(context, after, grace) {
    const runs = await listOpenRuns(context.db, { after, limit: pageSize, grace })
    const looks = await pooled(runs, atOnce, (run) => lookAtRun(context, run, grace))
    const last = runs.length === pageSize ? runs.at(-1) : undefined
    return { sightings: looks.filter((look) => look !== undefined), next: last?.id ?? null }
  },
}

/**
 * Finds out whether a run has no open workflow, or whether its workflow is stuck at a step that is not stuck in the step journal.
 * @param grace milliseconds. A workflow that closed within this time is ignored: the sweeper starts a terminated one again.
 * @returns undefined if there is no difference.
 */
export async function lookAtRun(
  { db, workflows }: Pick<ReconcileContext, 'db' | 'workflows'>,
  run: OpenRun,
  grace: number,
): Promise<Sighting | undefined> {
  const workflowId = workflowIdOf(run)
  const found = await workflows.describe(workflowId)
  if (found.state === 'open') {
    const { stuckAt, temporalRunId } = found
    if (stuckAt === undefined) return undefined
    if (await isOrMayBeStuckAt(db, { runId: run.id, stepId: stuckAt, grace })) return undefined
    return sightingOf(db, 'run_out_of_step', run, { workflowId, temporalRunId, stuckAt })
  }
  if (found.state === 'closed' && Date.now() - (found.closedAt?.getTime() ?? 0) < grace) return undefined
  return sightingOf(db, 'run_without_workflow', run, { workflowId, workflow: found.state })
}

/** Reads the run again, because it may have ended since it was listed. A workflow closes after its run has ended in our records. */
async function sightingOf(
  db: DatabaseConnection,
  kind: (typeof runFindingKinds)[number],
  { id }: OpenRun,
  details: FindingDetails,
): Promise<Sighting | undefined> {
  const now = await findOpenRun(db, id)
  if (now === undefined) return undefined
  const { organizationId, status } = now
  return { kind, subject: id, organizationId, billingAdapter: null, details: { ...details, status } }
}

export const openWorkflows: Comparison = {
  name: 'workflows that are open',
  kinds: workflowFindingKinds,
  async compare({ db, workflows }, _, grace) {
    const sightings: Sighting[] = []
    const latest = Date.now() - grace
    let page: OpenWorkflow[] = []
    const flush = async () => {
      sightings.push(...(await withoutRun({ db, workflows }, page, grace)))
      page = []
    }
    for await (const workflow of workflows.listOpen()) {
      if (workflow.startedAt.getTime() <= latest) page.push(workflow)
      if (page.length === pageSize) await flush()
    }
    await flush()
    return { sightings, next: null }
  },
}

/**
 * Finds the open workflows whose run has ended or does not exist in our records.
 * @param grace milliseconds. A run that ended within this time is ignored.
 */
export async function withoutRun(
  { db, workflows }: Pick<ReconcileContext, 'db' | 'workflows'>,
  open: readonly OpenWorkflow[],
  grace: number,
): Promise<Sighting[]> {
  const runIds = open.map(({ workflowId }) => runIdIn(workflowId)).filter((id) => id !== undefined)
  const expected = await whichMayBeOpen(db, runIds, grace)
  const unexpected = open.filter(({ workflowId }) => !expected.has(runIdIn(workflowId) ?? ''))
  const looks = await pooled(unexpected, atOnce, async ({ workflowId }): Promise<Sighting | undefined> => {
    // The workflow may have closed since it was listed.
    const found = await workflows.describe(workflowId)
    if (found.state !== 'open') return undefined
    const { temporalRunId } = found
    const details = { workflowId, temporalRunId }
    const about = { subject: runIdIn(workflowId) ?? workflowId, organizationId: null, billingAdapter: null }
    return { kind: 'workflow_without_run', ...about, details }
  })
  return looks.filter((look) => look !== undefined)
}

function runIdIn(workflowId: string): string | undefined {
  const id = workflowId.slice(workflowId.lastIndexOf('-') + 1)
  return isId(id, 'onb') || isId(id, 'opr') ? id : undefined
}
