import { ApplicationFailure, Context } from '@temporalio/activity'
import { messageOf } from '../domain/errors/error-declaration.ts'
import type { Activities, StepActivity, UndoActivity } from '../workflows/activity-types.ts'
import { type StepCall, undoActivity } from '../workflows/contract.ts'
import { createJournalActivities } from './steps/journal-activities.ts'
import { createBulkDecisions } from './bulk-decisions.ts'
import { acceptDueBills } from './schedules/accept-due-bills.ts'
import { acceptDueTrials } from './schedules/accept-due-trials.ts'
import { activityMissing } from './errors.ts'
import { whileHeartbeating } from './steps/heartbeat.ts'
import { runInlineSteps } from './steps/run-inline-steps.ts'
import { reconcileChunk } from './reconciliation/reconcile-chunk.ts'
import { runStep } from './steps/run-step.ts'
import type { ActivityDependencies } from './steps/step-context.ts'
import { undoStep } from './steps/undo-step.ts'

type Activity = (...args: never[]) => Promise<unknown>

/**
 * All activities of a worker, by activity type. Each step has its own type, so that the Web UI and the metrics name it; all steps
 * share one function.
 */
export function createActivities(dependencies: ActivityDependencies): Record<string, Activity> {
  const activities: Record<string, Activity> = {
    ...createJournalActivities(dependencies),
    ...createBulkDecisions(dependencies),
    'accept-due-trials': (call) => whileHeartbeating(() => acceptDueTrials(dependencies, call)),
    'accept-due-bills': (call) => whileHeartbeating(() => acceptDueBills(dependencies, call)),
    'reconcile-chunk': (call) => whileHeartbeating(() => reconcileChunk(dependencies, call)),
    'inline-steps': (call) => runInlineSteps(dependencies, call),
  } satisfies Activities
  const execute: StepActivity = (call) => runStep(dependencies, call)
  const undo: UndoActivity = (call) => undoStep(dependencies, call)
  for (const id of dependencies.registry.steps.keys()) {
    activities[id] = execute
    activities[undoActivity(id)] = undo
  }
  // The SDK calls `default` for any other type: a removed step, or a step that only other workers have.
  activities.default = (call?: Partial<StepCall>) => runUnknown(dependencies, call)
  return activities
}

/**
 * Runs a step that this worker does not have. The shared function records this failure in the step journal. A worker that has the
 * step may take the next attempt.
 */
function runUnknown(dependencies: ActivityDependencies, { runId, step }: Partial<StepCall> = {}) {
  const { activityType } = Context.current().info
  if (runId !== undefined && step !== undefined) {
    if (activityType === step.id) return runStep(dependencies, { runId, step })
    if (activityType === undoActivity(step.id)) return undoStep(dependencies, { runId, step })
  }
  const message = messageOf(activityMissing, { parameters: { type: activityType } })
  throw ApplicationFailure.retryable(message, activityMissing.code)
}
