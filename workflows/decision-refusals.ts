import { wordsOfLast } from '../domain/decisions/decision.ts'
import type { SentDecision } from './contract.ts'
import { mayRetry } from './explain-failure.ts'
import { type RunState, type StepState, stuckSteps } from './run-state.ts'

/** Why a decision does not apply now. `not_waiting` may be a run that has not heard yet what the ledger knows. */
export interface Refusal {
  type: 'invalid_state' | 'not_waiting'
  /** For whoever decided. */
  words: string
}

export function checkRetry(run: RunState, { step }: SentDecision): Refusal | undefined {
  if (retryable(run, { step }).length > 0) return undefined
  const dead = waiting(run, step).find(({ error }) => !mayRetry(error))
  if (dead !== undefined)
    return invalid(`Step ${dead.step.id} failed in a way that another try does not help.`)
  return notWaiting(
    run,
    step === undefined ? 'No step is waiting for a retry.' : `Step ${step} is not waiting for a retry.`,
  )
}

export function checkSkip(run: RunState, decision: SentDecision): Refusal | undefined {
  if (decision.step === undefined)
    return invalid('Say which step is skipped, and why: { "step": "…", "reason": "…" }.')
  const [state] = waiting(run, decision.step)
  if (state === undefined) return notWaiting(run, `Step ${decision.step} is not waiting for a person.`)
  if (run.phase === 'running' && !state.step.optional)
    return invalid(`Step ${decision.step} can't be skipped: the account would not be whole without it.`)
  if (!decision.reason) return invalid('Say why the step is skipped: { "step": "…", "reason": "…" }.')
  return undefined
}

export function checkCancel(run: RunState, decision: SentDecision): Refusal | undefined {
  if (run.cancel !== undefined || run.phase !== 'running')
    return invalid(`The run is already ending.${lastDecision(run)}`)
  const { stuck = [] } = decision
  if (stuck.some((step) => waiting(run, step).length === 0))
    return notWaiting(run, 'It is not stuck any more where it was when you decided.')
  const unanswered = run.steps.filter(
    ({ step, status }) =>
      step.undo === 'ask' && status !== 'pending' && decision.undo?.[step.id] === undefined,
  )
  if (unanswered.length === 0) return undefined
  const answers = unanswered.map(({ step }) => `"${step.id}":"undo" or "keep"`).join(', ')
  return invalid(
    `Say what to do with the steps that are not undone without asking: { "undo": { ${answers} } }.`,
  )
}

/** The steps that a retry is about: every one that waits, unless it names one. */
export function retryable(run: RunState, { step }: { step?: string | undefined }): StepState[] {
  return waiting(run, step).filter(({ error }) => mayRetry(error))
}

export function skippable(run: RunState, { step }: SentDecision): StepState | undefined {
  return step === undefined ? undefined : waiting(run, step)[0]
}

/** Steps that wait for a person, and that nobody has decided on. */
function waiting(run: RunState, stepId: string | undefined): StepState[] {
  return stuckSteps(run).filter(
    ({ step, waits, decision }) =>
      waits === true && decision === undefined && (stepId === undefined || step.id === stepId),
  )
}

function invalid(words: string): Refusal {
  return { type: 'invalid_state', words }
}

function notWaiting(run: RunState, words: string): Refusal {
  return { type: 'not_waiting', words: `${words}${lastDecision(run)}` }
}

function lastDecision({ lastDecision: last }: RunState): string {
  return last === undefined ? '' : ` ${wordsOfLast(last)}`
}
