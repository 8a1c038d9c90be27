import type { DatabaseConnection } from '../../domain/database/connection.ts'
import type { FindingDetails } from '../../domain/database/tables/findings-table.ts'
import type { Sighting } from '../../domain/reconciliation/findings.ts'
import {
  findOpenRun,
  isOrMayBeStuckAt,
  listOpenRuns,
  type OpenRun,
  runKinds,
  whichMayBeOpen,
  workflowKinds,
} from '../../domain/reconciliation/unfit-runs.ts'
import { isId } from '../../domain/ids.ts'
import { workflowIdOf } from '../../workflows/contract.ts'
import type { Comparison, ReconcileContext } from './comparison.ts'
import { pooled } from './pooled.ts'
import type { OpenWorkflow } from '../../temporal/run-workflows.ts'

const pageSize = 200
const atOnce = 10

/** Runs that have not ended in the ledger, against the workflows that Temporal has. */
export const openRuns: Comparison = {
  name: 'runs that have not ended',
  kinds: runKinds,
  async compare(context, after, grace) {
    const runs = await listOpenRuns(context.db, { after, limit: pageSize, grace })
    const looks = await pooled(runs, atOnce, (run) => lookAtRun(context, run, grace))
    const last = runs.length === pageSize ? runs.at(-1) : undefined
    return { sightings: looks.filter((look) => look !== undefined), next: last?.id ?? null }
  },
}

/**
 * Whether nothing carries out a run, or its workflow stands elsewhere than the ledger. One whose workflow has closed within the
 * grace (milliseconds) is left to the sweeper, which starts what was terminated again.
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
    return seen(db, 'run_out_of_step', run, { workflowId, temporalRunId, stuckAt })
  }
  if (found.state === 'closed' && Date.now() - (found.closedAt?.getTime() ?? 0) < grace) return undefined
  return seen(db, 'run_without_workflow', run, { workflowId, workflow: found.state })
}

/** A workflow closes after the ledger says that its run has ended: it may have done so since the run was read. */
async function seen(
  db: DatabaseConnection,
  kind: (typeof runKinds)[number],
  { id }: OpenRun,
  details: FindingDetails,
): Promise<Sighting | undefined> {
  const now = await findOpenRun(db, id)
  if (now === undefined) return undefined
  const { organizationId, status } = now
  return { kind, subject: id, organizationId, billingAdapter: null, details: { ...details, status } }
}

/** Workflows that are open, against the runs in the ledger. */
export const openWorkflows: Comparison = {
  name: 'workflows that are open',
  kinds: workflowKinds,
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

/** Of these workflows, those whose run ended longer ago than the grace (milliseconds), or is not on record. */
export async function withoutRun(
  { db, workflows }: Pick<ReconcileContext, 'db' | 'workflows'>,
  open: readonly OpenWorkflow[],
  grace: number,
): Promise<Sighting[]> {
  const runIds = open.map(({ workflowId }) => runIdIn(workflowId)).filter((id) => id !== undefined)
  const expected = await whichMayBeOpen(db, runIds, grace)
  const unexpected = open.filter(({ workflowId }) => !expected.has(runIdIn(workflowId) ?? ''))
  const looks = await pooled(unexpected, atOnce, async ({ workflowId }): Promise<Sighting | undefined> => {
    // The list may be older than what happened since.
    const found = await workflows.describe(workflowId)
    if (found.state !== 'open') return undefined
    const { temporalRunId } = found
    const details = { workflowId, temporalRunId }
    const about = { subject: runIdIn(workflowId) ?? workflowId, organizationId: null, billingAdapter: null }
    return { kind: 'workflow_without_run', ...about, details }
  })
  return looks.filter((look) => look !== undefined)
}

/** `add-account-onb_…`: the id of the run in that of its workflow. */
function runIdIn(workflowId: string): string | undefined {
  const id = workflowId.slice(workflowId.lastIndexOf('-') + 1)
  return isId(id, 'onb') || isId(id, 'opr') ? id : undefined
}
