import { ApplicationFailure, defineQuery, defineSignal, defineUpdate, setHandler } from '@temporalio/workflow'
import {
  type CancelDecision,
  type OperatorDecision,
  operations,
  type Progress,
  progressQuery,
  type SkipDecision,
} from './contract.ts'
import { mayRetry } from './failures.ts'
import { cancelRun, progressOf, type RunState, type StepState, stuckSteps } from './run-state.ts'

/**
 * What people can do to a run. Each operation is an update (refused with a reason when it does not apply) and a signal
 * of the same name (for the Web UI and the command line; one that does not apply is ignored).
 */
export function listenToOperators(run: RunState): void {
  setHandler(defineQuery<Progress>(progressQuery), () => progressOf(run))

  listen<OperatorDecision>(operations.retry, {
    check: (decision) => checkRetry(run, decision),
    apply: (decision) => {
      for (const state of retryable(run, decision)) state.decision = 'retry'
    },
  })
  listen<SkipDecision>(operations.skip, {
    check: (decision) => checkSkip(run, decision),
    apply: (decision) => {
      const state = stuckSteps(run).find(({ step }) => step.id === decision.step)
      if (state !== undefined) state.decision = 'skip'
    },
  })
  listen<CancelDecision>(operations.cancel, {
    check: (decision) => checkCancel(run, decision),
    apply: (decision) => cancelRun(run, decision),
  })
}

interface Operation<Decision> {
  /** Why the decision does not apply now, or undefined when it does. */
  check(decision: Decision): string | undefined
  apply(decision: Decision): void
}

function listen<Decision extends OperatorDecision>(name: string, operation: Operation<Decision>): void {
  const refuseUnlessApplies = (decision: Decision): void => {
    const refusal = operation.check(decision)
    if (refusal !== undefined) throw ApplicationFailure.nonRetryable(refusal, 'invalid_state')
  }
  const decide = async (decision: Decision): Promise<void> => {
    // Two updates that arrive together are both validated before either is applied: only here does one see the other.
    refuseUnlessApplies(decision)
    operation.apply(decision)
  }
  setHandler(defineUpdate<void, [Decision]>(name), decide, { validator: refuseUnlessApplies })
  // A person who sends a signal from the Web UI may leave the payload empty.
  setHandler(defineSignal<[Decision | undefined]>(name), (decision) => {
    const given = decision ?? ({} as Decision)
    if (operation.check(given) === undefined) operation.apply(given)
  })
}

function retryable(run: RunState, decision: OperatorDecision): StepState[] {
  return stuckSteps(run).filter(
    (state) =>
      (decision.step === undefined || state.step.id === decision.step) &&
      state.decision === undefined &&
      mayRetry(state.error),
  )
}

function checkRetry(run: RunState, decision: OperatorDecision): string | undefined {
  if (retryable(run, decision).length > 0) return undefined
  return decision.step === undefined
    ? 'No step is waiting for a retry.'
    : `Step ${decision.step} is not waiting for a retry.`
}

function checkSkip(run: RunState, decision: SkipDecision): string | undefined {
  const state = stuckSteps(run).find(({ step }) => step.id === decision.step)
  if (state === undefined || state.decision !== undefined)
    return `Step ${decision.step} is not waiting for a person.`
  if (!state.step.optional)
    return `Step ${decision.step} can't be skipped: the account would not be whole without it.`
  if (run.phase === 'cancelling') return 'The run is being cancelled; retry the step instead.'
  if (!decision.reason) return 'Say why the step is skipped: { "step": "…", "reason": "…" }.'
  return undefined
}

function checkCancel(run: RunState, decision: CancelDecision): string | undefined {
  if (run.cancel !== undefined || run.phase !== 'running') return 'The run is already ending.'
  const unanswered = run.steps.filter(
    ({ step, status }) =>
      step.undo === 'ask' && status !== 'pending' && decision.undo?.[step.id] === undefined,
  )
  if (unanswered.length === 0) return undefined
  const answers = unanswered.map(({ step }) => `"${step.id}":"undo" or "keep"`).join(', ')
  return `Say what to do with the steps that are not undone without asking: { "undo": { ${answers} } }.`
}
