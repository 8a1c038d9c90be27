import { CancellationScope, condition, isCancellation } from '@temporalio/workflow'
import { recordAttention, recordRetry, recordSkip, runFastLane, runStep, tryStepHere } from './activities.ts'
import { explain } from './failures.ts'
import { cancelRun, isSettled, type RunState, type StepState, takeDecision } from './run-state.ts'

/** How a run's steps ended. `refused` means the first step said no before anything was done. */
export type PipelineEnd = 'done' | 'refused' | 'cancel'

export interface PipelineOptions {
  /** How long a stuck step waits for a person, in milliseconds. */
  attentionTimeout: number
  /** Called after every change that an operator should see. */
  show(): void
}

/**
 * Interprets a plan: the fast lane first, then every step as soon as what it needs is settled. A step that fails for
 * good waits for a person, and holds up only the steps that need it.
 */
export async function runPipeline(run: RunState, options: PipelineOptions): Promise<PipelineEnd> {
  await tryFastLane(run)
  let refused = false
  const work = new CancellationScope()
  run.interrupt = () => work.cancel()
  if (run.cancel !== undefined) return 'cancel'
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
  const left = run.steps.filter((state) => state.status !== 'done')
  await work.run(() => Promise.all(left.map(performOne)))
  delete run.interrupt
  if (refused) return 'refused'
  return run.cancel === undefined ? 'done' : 'cancel'
}

/** All or nothing: when it fails, its steps are still pending and run one by one, where an operator sees them. */
async function tryFastLane(run: RunState): Promise<void> {
  const lane = run.steps.filter(({ step }) => inFastLane(run, step.id))
  if (lane.length === 0) return
  try {
    await runFastLane(
      run.onboardingId,
      lane.map(({ step }) => step),
    )
    for (const state of lane) state.status = 'done'
  } catch (error) {
    if (isCancellation(error)) throw error
  }
}

/** Transactional, and so is everything it needs. */
function inFastLane(run: RunState, stepId: string): boolean {
  const step = run.steps.find((state) => state.step.id === stepId)?.step
  return step?.placement === 'transactional' && step.needs.every((need) => inFastLane(run, need))
}

type StepEnd = 'done' | 'skipped' | 'refused'

async function perform(run: RunState, state: StepState, options: PipelineOptions): Promise<StepEnd> {
  const { step } = state
  const mayStart = () => step.needs.every((need) => isSettled(run, need))
  if (!mayStart()) await condition(mayStart)
  for (;;) {
    state.status = 'running'
    options.show()
    try {
      await attempt(run.onboardingId, state)
      state.status = 'done'
      delete state.error
      options.show()
      return 'done'
    } catch (error) {
      if (isCancellation(error)) throw error
      const decision = await attend(run, state, options, error)
      if (decision !== 'retry') return decision
    }
  }
}

/** A call that takes longer than this, in milliseconds, is not tried inside the workflow's own task. */
const shortCall = 15_000

/**
 * The first try of a short external step runs here, which spares the server an activity; all others are activities, where
 * an operator sees attempts and the last failure.
 */
async function attempt(onboardingId: string, state: StepState): Promise<void> {
  const { step } = state
  if (step.placement === 'external' && step.timeout <= shortCall && state.tries === 0) {
    state.tries += 1
    try {
      return await tryStepHere(onboardingId, step)
    } catch (error) {
      const { recorded, refused } = explain(error)
      if (isCancellation(error) || recorded || refused) throw error
    }
  }
  state.tries += 1
  await runStep(onboardingId, step)
}

/** Says that the step is stuck, and waits until a person decides. */
async function attend(
  run: RunState,
  state: StepState,
  options: PipelineOptions,
  error: unknown,
): Promise<'retry' | 'skipped' | 'refused'> {
  const { recorded, refused, ...failure } = explain(error)
  if (refused) return 'refused'
  state.status = 'needs_attention'
  state.error = failure
  options.show()
  if (!recorded) await recordAttention(run.onboardingId, state.step.id, failure)
  const decided = await condition(() => state.decision !== undefined, options.attentionTimeout)
  if (!decided) {
    cancelRun(run, { reason: 'Nobody decided in time.' })
    // This step's scope is cancelled now, so waiting in it ends at once.
    await condition(() => false)
  }
  const decision = takeDecision(state)
  if (decision === 'skip') {
    await recordSkip(run.onboardingId, state.step.id)
    state.status = 'skipped'
    delete state.error
    options.show()
    return 'skipped'
  }
  await recordRetry(run.onboardingId, state.step.id, 'running')
  return 'retry'
}
