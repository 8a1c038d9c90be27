import { fastLaneActivity, type StepCall, undoActivity } from '../workflows/contract.ts'
import { createBookkeeping } from './bookkeeping.ts'
import { createBillingRound } from './due-bills.ts'
import { createTrialRound } from './due-trials.ts'
import { runFastLane } from './fast-lane.ts'
import { runStep } from './run-step.ts'
import type { ActivityDependencies } from './step-context.ts'
import { undoStep } from './undo-step.ts'

type Activity = (...args: never[]) => Promise<unknown>

/** Every step under a name of its own, so that the Web UI, metrics and retries name it; all share one body. */
export function createActivities(dependencies: ActivityDependencies): Record<string, Activity> {
  const activities: Record<string, Activity> = {
    ...createBookkeeping(dependencies),
    ...createTrialRound(dependencies),
    ...createBillingRound(dependencies),
  }
  activities[fastLaneActivity] = (call: Parameters<typeof runFastLane>[1]) => runFastLane(dependencies, call)
  for (const id of dependencies.registry.steps.keys()) {
    activities[id] = (call: StepCall) => runStep(dependencies, call)
    activities[undoActivity(id)] = (call: StepCall) => undoStep(dependencies, call)
  }
  return activities
}
