import { isCancellation } from '@temporalio/workflow'
import { callInlineSteps } from './activities.ts'
import { noteResolved, type RunState, type StepState } from './run-state.ts'

/** The longest timeout of an inline step, in milliseconds. A longer call would keep the workflow task open. */
const shortCall = 15_000

/**
 * Runs the beginning of the run plan in one local activity: all leading transactional steps in one transaction, then each short
 * external step that needs no other step, once. A step that does not succeed here runs as an activity of its own, which shows an
 * operator its attempts and its last failure. The step journal prevents a second effect.
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
    // The transaction was rolled back, or its outcome is unknown. The activity of each step reads the step journal.
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

/** Whether a step and all steps that it needs are transactional. */
function isTransactionalInline(run: RunState, stepId: string): boolean {
  const step = run.steps.find((state) => state.step.id === stepId)?.step
  return step?.placement === 'transactional' && step.needs.every((need) => isTransactionalInline(run, need))
}
