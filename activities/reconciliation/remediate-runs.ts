import { findOpenRun } from '../../domain/reconciliation/unfit-runs.ts'
import { appendEvents } from '../../domain/runs/run-events.ts'
import { findStartable } from '../../domain/runs/unstarted-runs.ts'
import { lookAtRun, withoutRun } from './compare-runs.ts'
import { sameAs } from './recheck.ts'
import { gone, type Remediation } from './remediation.ts'

/**
 * Starts the workflow of a run again. The run continues from the step journal. An open workflow that differs from the journal is
 * terminated first; its running attempts cannot record anything, because the next attempt has a newer token.
 */
export const startRunAgain: Remediation = async (context, finding) => {
  const { db, startAgain, terminate } = context
  const run = await findOpenRun(db, finding.subject)
  const startable = await findStartable(db, finding.subject)
  if (run === undefined || startable === undefined) throw gone()
  const { kind, details } = sameAs(finding, [await lookAtRun(context, run, 0)])
  const workflowId = String(details.workflowId)
  return {
    async elsewhere() {
      if (kind === 'run_out_of_step')
        await terminate({ workflowId, temporalRunId: String(details.temporalRunId) })
      await startAgain(startable)
    },
    here: (transaction, { actor, reason }) => {
      const data = { status: run.status, requested: 'start', actor, reason }
      return appendEvents(transaction, run.id, [{ type: 'onboarding', data }])
    },
  }
}

export const terminateWorkflow: Remediation = async (context, finding) => {
  const workflowId = String(finding.details.workflowId)
  const temporalRunId = String(finding.details.temporalRunId)
  const open = { workflowId, temporalRunId, startedAt: finding.firstSeenAt }
  const { details } = sameAs(finding, await withoutRun(context, [open], 0))
  return {
    elsewhere: () => context.terminate({ workflowId, temporalRunId: String(details.temporalRunId) }),
  }
}
