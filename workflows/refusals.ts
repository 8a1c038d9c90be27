import type { OperatorDecision } from './contract.ts'
import { type RunState, type StepState, stuckSteps } from './run-state.ts'

// Why a decision does not apply now, in words for whoever made it, or undefined when it does.

export function checkRetry(run: RunState, { step }: OperatorDecision): string | undefined {
  if (retryable(run, { step }).length > 0) return undefined
  const dead = waiting(run, step).find(({ error }) => error?.class === 'terminal')
  if (dead !== undefined)
    return `Step ${dead.step.id} failed in a way that another try does not help. Look for what else can be decided.`
  const what = step === undefined ? 'No step' : `Step ${step}`
  return `${what} is ${step === undefined ? '' : 'not '}waiting for a retry.${lastDecision(run)}`
}

export function checkSkip(run: RunState, decision: OperatorDecision): string | undefined {
  if (decision.step === undefined)
    return 'Say which step is skipped, and why: { "step": "…", "reason": "…" }.'
  const [state] = waiting(run, decision.step)
  if (state === undefined) return `Step ${decision.step} is not waiting for a person.${lastDecision(run)}`
  if (run.phase === 'running' && !state.step.optional)
    return `Step ${decision.step} can't be skipped: the account would not be whole without it.`
  if (!decision.reason) return 'Say why the step is skipped: { "step": "…", "reason": "…" }.'
  return undefined
}

export function checkCancel(run: RunState, decision: OperatorDecision): string | undefined {
  if (run.cancel !== undefined || run.phase !== 'running')
    return `The run is already ending.${lastDecision(run)}`
  const unanswered = run.steps.filter(
    ({ step, status }) =>
      step.undo === 'ask' && status !== 'pending' && decision.undo?.[step.id] === undefined,
  )
  if (unanswered.length === 0) return undefined
  const answers = unanswered.map(({ step }) => `"${step.id}":"undo" or "keep"`).join(', ')
  return `Say what to do with the steps that are not undone without asking: { "undo": { ${answers} } }.`
}

/** The steps that a retry is about: every one that waits, unless it names one. */
export function retryable(run: RunState, { step }: { step?: string | undefined }): StepState[] {
  return waiting(run, step).filter(({ error }) => error?.class !== 'terminal')
}

export function skippable(run: RunState, { step }: OperatorDecision): StepState | undefined {
  return step === undefined ? undefined : waiting(run, step)[0]
}

/** Steps that wait for a person, and that nobody has decided on. */
function waiting(run: RunState, stepId: string | undefined): StepState[] {
  return stuckSteps(run).filter(
    ({ step, waits, decision }) =>
      waits === true && decision === undefined && (stepId === undefined || step.id === stepId),
  )
}

/** For whoever was too late. What a person typed is not repeated: it may be a name. */
function lastDecision({ lastDecision: last }: RunState): string {
  if (last === undefined) return ''
  const what = last.step === undefined ? last.action : `${last.action} of ${last.step}`
  const who = { api: last.actor ?? 'the API', signal: 'a signal', clock: 'the clock' }[last.source]
  return ` The last decision was: ${what}, by ${who}.`
}
