import { CancellationScope, condition, isCancellation } from '@temporalio/workflow'
import { recordRetry, recordSkip, callStep } from './activities.ts'
import { recordStuckStep, waitForDecision } from './attention.ts'
import type { ReportedFailure } from './contract.ts'
import { explain } from './explain-failure.ts'
import { tryInlineSteps } from './inline-steps.ts'
import {
  noteCancel,
  isResolved,
  noteDecision,
  noteResolved,
  type RunState,
  type StepState,
  stuckSteps,
  claimDecision,
  waitForPerson,
} from './run-state.ts'

/** How the steps of a run ended. `refused`: the first step refused the request before any step had an effect. */
export type PlanEnd = 'done' | 'refused' | 'cancel'

export interface PlanOptions {
  /** The time that a stuck step waits for a person, in milliseconds. Default: no limit. */
  attentionTimeout?: number
  /** Called after every change that an operator should see. */
  show(): void
}

/**
 * Runs the steps of a run plan: first the inline steps, then each step as soon as the steps that it needs are resolved. A stuck
 * step waits for a person, and delays only the steps that need it.
 */
export async function interpretPlan(run: RunState, options: PlanOptions): Promise<PlanEnd> {
  options.show()
  await tryInlineSteps(run)
  if (run.cancel !== undefined) return 'cancel'
  const remaining = run.steps.filter((state) => state.status !== 'done')
  // Nearly every run ends here. Under load, each promise that it does not create counts.
  if (remaining.length === 0) return 'done'
  let refused = false
  const work = new CancellationScope()
  run.interrupt = () => work.cancel()
  const performOne = async (state: StepState): Promise<void> => {
    try {
      if ((await perform(run, state, options)) !== 'refused') return
      refused = true
      work.cancel()
    } catch (error) {
      // The cancellation waits for running attempts: their results must be known before they are undone.
      if (!isCancellation(error)) throw error
    }
  }
  await work.run(() => Promise.all(remaining.map(performOne)))
  delete run.interrupt
  if (refused) return 'refused'
  return run.cancel === undefined ? 'done' : 'cancel'
}

type StepEnd = 'done' | 'skipped' | 'refused'

async function perform(run: RunState, state: StepState, options: PlanOptions): Promise<StepEnd> {
  const { step } = state
  const mayStart = () => step.needs.every((need) => isResolved(run, need))
  if (!mayStart()) await condition(mayStart)
  for (;;) {
    state.status = 'running'
    options.show()
    const failure = await attempt(run, state)
    if (failure === undefined) {
      state.status = 'done'
      delete state.error
      options.show()
      return 'done'
    }
    const decision = await attend(run, state, options, failure)
    if (decision !== 'retry') return decision
  }
}

/** @returns the failure for which a person has to decide, or undefined if the step is done. */
async function attempt(run: RunState, state: StepState): Promise<ReportedFailure | undefined> {
  const { failedInline } = state
  delete state.failedInline
  // The inline attempt failed for good: only a person can help.
  if (failedInline?.recorded || failedInline?.refused) return failedInline
  try {
    noteResolved(run, await callStep(run.runId, state.step))
    return undefined
  } catch (error) {
    if (isCancellation(error)) throw error
    return explain(error)
  }
}

async function attend(
  run: RunState,
  state: StepState,
  options: PlanOptions,
  { recorded, refused, ...failure }: ReportedFailure,
): Promise<'retry' | 'skipped' | 'refused'> {
  if (refused) return 'refused'
  waitForPerson(state)
  state.error = failure
  options.show()
  if (!recorded && (await recordStuckStep(run, state, failure, options.show)) === 'finished') {
    // Only the result was lost: the next attempt finds the step done. A decision that came meanwhile is still recorded.
    const decision = claimDecision(state)
    if (decision !== undefined) await recordRetry(run.runId, state.step.id, { phase: 'running', decision })
    return 'retry'
  }
  if (!(await isDecidedInTime(state, options))) await decideByTheClock(run, state)
  const decision = await waitForDecision(state)
  if (decision.action === 'skip') {
    noteResolved(run, await recordSkip(run.runId, state.step.id, { phase: 'running', decision }))
    state.status = 'skipped'
    delete state.error
    options.show()
    return 'skipped'
  }
  await recordRetry(run.runId, state.step.id, { phase: 'running', decision })
  return 'retry'
}

/**
 * Decides on a stuck step on which nobody decided in time. A required step cancels the run. An optional step is skipped as soon as
 * no required step is stuck, because the decision on the required step may cancel the run. Returns when there is a decision, by the
 * clock or by a person.
 */
async function decideByTheClock(run: RunState, state: StepState): Promise<void> {
  const byTheClock = { source: 'clock', reason: 'Nobody decided in time.' } as const
  if (!state.step.optional) {
    noteCancel(run, byTheClock)
    // The cancel has cancelled the scope of this step, so this wait ends at once.
    await condition(() => false)
  }
  const requiredIsStuck = () => stuckSteps(run).some(({ step }) => !step.optional)
  await condition(() => state.decision !== undefined || !requiredIsStuck())
  state.decision ??= noteDecision(run, { ...byTheClock, action: 'skip', step: state.step.id })
}

async function isDecidedInTime(state: StepState, { attentionTimeout }: PlanOptions): Promise<boolean> {
  const { step } = state
  const decided = () => state.decision !== undefined
  if (attentionTimeout !== undefined) {
    return condition(decided, attentionTimeout, {
      summary: `Wait for a person to decide on ${step.id}; then ${step.optional ? 'skip it' : 'cancel the run'}`,
    })
  }
  await condition(decided)
  return true
}
