import { CancellationScope, condition, isCancellation } from '@temporalio/workflow'
import { recordRetry, recordSkip, callStep } from './activities.ts'
import { decisionOn, recordForStep } from './attention.ts'
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

/** How a run's steps ended. `refused` means the first step said no before anything was done. */
export type PipelineEnd = 'done' | 'refused' | 'cancel'

export interface PipelineOptions {
  /** How long a stuck step waits for a person, in milliseconds. Left out: for ever. */
  attentionTimeout?: number
  /** Called after every change that an operator should see. */
  show(): void
}

/**
 * Interprets a plan: the inline steps first, then every step as soon as what it needs is resolved. A step that fails for
 * good waits for a person, and holds up only the steps that need it.
 */
export async function runPipeline(run: RunState, options: PipelineOptions): Promise<PipelineEnd> {
  options.show()
  await tryInlineSteps(run)
  if (run.cancel !== undefined) return 'cancel'
  const left = run.steps.filter((state) => state.status !== 'done')
  // Nearly every run ends here, and each promise that it does without counts under load.
  if (left.length === 0) return 'done'
  let refused = false
  const work = new CancellationScope()
  run.interrupt = () => work.cancel()
  const performOne = async (state: StepState): Promise<void> => {
    try {
      if ((await perform(run, state, options)) !== 'refused') return
      refused = true
      work.cancel()
    } catch (error) {
      // Attempts under way are waited for: what they did must be known before it is undone.
      if (!isCancellation(error)) throw error
    }
  }
  await work.run(() => Promise.all(left.map(performOne)))
  delete run.interrupt
  if (refused) return 'refused'
  return run.cancel === undefined ? 'done' : 'cancel'
}

type StepEnd = 'done' | 'skipped' | 'refused'

async function perform(run: RunState, state: StepState, options: PipelineOptions): Promise<StepEnd> {
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

/** @returns why a person has to decide, or undefined when the step is done. */
async function attempt(run: RunState, state: StepState): Promise<ReportedFailure | undefined> {
  const { failedInline } = state
  delete state.failedInline
  // The inline steps have failed it already: only a person can help.
  if (failedInline?.recorded || failedInline?.refused) return failedInline
  try {
    noteResolved(run, await callStep(run.runId, state.step))
    return undefined
  } catch (error) {
    if (isCancellation(error)) throw error
    return explain(error)
  }
}

/** Says that the step is stuck, and waits until a person decides. */
async function attend(
  run: RunState,
  state: StepState,
  options: PipelineOptions,
  { recorded, refused, ...failure }: ReportedFailure,
): Promise<'retry' | 'skipped' | 'refused'> {
  if (refused) return 'refused'
  waitForPerson(state)
  state.error = failure
  options.show()
  if (!recorded && (await recordForStep(run, state, failure, options.show)) === 'finished') {
    // Only its answer was lost: the next attempt finds the step done. Whoever decided meanwhile is heard all the same.
    const decision = claimDecision(state)
    if (decision !== undefined) await recordRetry(run.runId, state.step.id, { phase: 'running', decision })
    return 'retry'
  }
  if (!(await isDecidedInTime(state, options))) await giveUpWaiting(run, state)
  const decision = await decisionOn(state)
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
 * Nobody decided in time. A step that is optional is skipped, as soon as no required one waits for a person: whether the
 * account stays is decided there. Any other step cancels the run. Returns once there is a decision, a person's or this one.
 */
async function giveUpWaiting(run: RunState, state: StepState): Promise<void> {
  const byTheClock = { source: 'clock', reason: 'Nobody decided in time.' } as const
  if (!state.step.optional) {
    noteCancel(run, byTheClock)
    // This step's scope is cancelled now, so waiting in it ends at once.
    await condition(() => false)
  }
  const requiredIsStuck = () => stuckSteps(run).some(({ step }) => !step.optional)
  await condition(() => state.decision !== undefined || !requiredIsStuck())
  state.decision ??= noteDecision(run, { ...byTheClock, action: 'skip', step: state.step.id })
}

async function isDecidedInTime(state: StepState, { attentionTimeout }: PipelineOptions): Promise<boolean> {
  const { step } = state
  const decided = () => state.decision !== undefined
  if (attentionTimeout !== undefined) {
    return condition(decided, attentionTimeout, {
      summary: `Wait for a person to decide on ${step.id}; then ${step.optional ? 'skip it' : 'cancel'}`,
    })
  }
  await condition(decided)
  return true
}
