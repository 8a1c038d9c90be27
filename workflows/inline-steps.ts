import { isCancellation } from '@temporalio/workflow'
import { callInlineSteps } from './activities.ts'
import { noteResolved, type RunState, type StepState } from './run-state.ts'

/** A call that may take longer than this, in milliseconds, is no part of the inline steps: it would hold a workflow task open. */
const shortCall = 15_000

/**
 * Tries the beginning of the plan in one local activity: all leading transactional steps in one transaction, then, once
 * each, the short external steps that need nothing else. Whatever does not succeed here runs as an activity of its own,
 * where an operator sees attempts and the last failure. The step journal makes sure that nothing is done twice.
 */
export async function tryInlineSteps(run: RunState): Promise<void> {
  const inline = run.steps.filter((state) => isInline(run, state))
  if (inline.length === 0) return
  try {
    const { done, failed, ...resolved } = await callInlineSteps(
      run.runId,
      inline.map(({ step }) => step),
    )
    noteResolved(run, resolved)
    for (const state of inline) {
      if (done.includes(state.step.id)) state.status = 'done'
      const failure = failed[state.step.id]
      if (failure !== undefined) state.failedInline = failure
    }
  } catch (error) {
    // All of it was rolled back, or nobody knows: the ledger tells each step where it stands.
    if (isCancellation(error)) throw error
  }
  for (const state of inline) if (state.status === 'pending') state.begunInline = true
}

function isInline(run: RunState, { step }: StepState): boolean {
  if (step.placement === 'external') {
    return step.timeout <= shortCall && step.needs.every((need) => isTransactionalInline(run, need))
  }
  return isTransactionalInline(run, step.id)
}

/** Transactional, and so is everything it needs. */
function isTransactionalInline(run: RunState, stepId: string): boolean {
  const step = run.steps.find((state) => state.step.id === stepId)?.step
  return step?.placement === 'transactional' && step.needs.every((need) => isTransactionalInline(run, need))
}
