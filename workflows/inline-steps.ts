import { isCancellation } from '@temporalio/workflow'
import { runFastLane } from './activities.ts'
import { noteSettled, type RunState, type StepState } from './run-state.ts'

/** A call that may take longer than this, in milliseconds, is no part of the fast lane: it would hold a workflow task open. */
const shortCall = 15_000

/**
 * Tries the beginning of the plan in one local activity: all leading transactional steps in one transaction, then, once
 * each, the short external steps that need nothing else. Whatever does not succeed here runs as an activity of its own,
 * where an operator sees attempts and the last failure. The step ledger makes sure that nothing is done twice.
 */
export async function tryFastLane(run: RunState): Promise<void> {
  const lane = run.steps.filter((state) => inLane(run, state))
  if (lane.length === 0) return
  try {
    const { done, failed, ...settled } = await runFastLane(
      run.onboardingId,
      lane.map(({ step }) => step),
    )
    noteSettled(run, settled)
    for (const state of lane) {
      if (done.includes(state.step.id)) state.status = 'done'
      const failure = failed[state.step.id]
      if (failure !== undefined) state.failedInLane = failure
    }
  } catch (error) {
    // All of it was rolled back, or nobody knows: the ledger tells each step where it stands.
    if (isCancellation(error)) throw error
  }
  for (const state of lane) if (state.status === 'pending') state.begunInLane = true
}

function inLane(run: RunState, { step }: StepState): boolean {
  if (step.placement === 'external') {
    return step.timeout <= shortCall && step.needs.every((need) => isTransactionalLane(run, need))
  }
  return isTransactionalLane(run, step.id)
}

/** Transactional, and so is everything it needs. */
function isTransactionalLane(run: RunState, stepId: string): boolean {
  const step = run.steps.find((state) => state.step.id === stepId)?.step
  return step?.placement === 'transactional' && step.needs.every((need) => isTransactionalLane(run, need))
}
