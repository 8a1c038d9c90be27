import { describeLastDecision } from '../domain/decisions/decision.ts'
import { type CodeDeclaration, type FillingOf, messageOf } from '../domain/errors/error-declaration.ts'
import type { SentDecision } from './contract.ts'
import {
  alreadyEnding,
  noLongerStuck,
  noStepWaits,
  retryCannotHelp,
  skipWithoutReason,
  skipWithoutStep,
  stepDoesNotWait,
  stepNotOptional,
  undoNotAnswered,
} from './errors.ts'
import { mayRetry } from './explain-failure.ts'
import { type RunState, type StepState, stuckSteps } from './run-state.ts'

/**
 * Why a decision does not apply. `not_waiting`: the step is not stuck, or the workflow does not know yet that it is; the step
 * journal knows it a moment earlier.
 */
export interface Refusal {
  type: 'invalid_state' | 'not_waiting'
  words: string
}

/** @returns why the retry does not apply, or undefined if it does. */
export function checkRetry(run: RunState, { step }: SentDecision): Refusal | undefined {
  if (retryable(run, { step }).length > 0) return undefined
  const final = waiting(run, step).find(({ error }) => !mayRetry(error))
  if (final !== undefined) return refuse(retryCannotHelp, { parameters: { step: final.step.id } })
  return withLast(
    run,
    step === undefined ? refuse(noStepWaits) : refuse(stepDoesNotWait, { parameters: { step } }),
  )
}

/** @returns why the skip does not apply, or undefined if it does. */
export function checkSkip(run: RunState, decision: SentDecision): Refusal | undefined {
  const example = { parameters: { example: '{ "step": "…", "reason": "…" }' } }
  const { step } = decision
  if (step === undefined) return refuse(skipWithoutStep, example)
  const named = { parameters: { step } }
  const [state] = waiting(run, step)
  if (state === undefined) return withLast(run, refuse(stepDoesNotWait, named))
  if (run.phase === 'running' && !state.step.optional) return refuse(stepNotOptional, named)
  if (!decision.reason) return refuse(skipWithoutReason, example)
  return undefined
}

/** @returns why the cancel does not apply, or undefined if it does. */
export function checkCancel(run: RunState, decision: SentDecision): Refusal | undefined {
  if (run.cancel !== undefined || run.phase !== 'running') return withLast(run, refuse(alreadyEnding))
  const { stuck = [] } = decision
  if (stuck.some((step) => waiting(run, step).length === 0)) return withLast(run, refuse(noLongerStuck))
  const unanswered = stepsToAnswer(run).filter(({ step }) => decision.undo?.[step.id] === undefined)
  if (unanswered.length === 0) return undefined
  const answers = unanswered.map(({ step }) => `"${step.id}":"undo" or "keep"`).join(', ')
  return refuse(undoNotAnswered, { parameters: { answers: `{ "undo": { ${answers} } }` } })
}

/** The steps for which a cancel has to answer `undo` or `keep`. */
export function stepsToAnswer(run: RunState): StepState[] {
  return run.steps.filter(({ step, status }) => step.undo === 'ask' && status !== 'pending')
}

/** The steps that a retry is about: the named step, or every stuck step. */
export function retryable(run: RunState, { step }: { step?: string | undefined }): StepState[] {
  return waiting(run, step).filter(({ error }) => mayRetry(error))
}

export function skippable(run: RunState, { step }: SentDecision): StepState | undefined {
  return step === undefined ? undefined : waiting(run, step)[0]
}

function waiting(run: RunState, stepId: string | undefined): StepState[] {
  return stuckSteps(run).filter(
    ({ step, waits, decision }) =>
      waits === true && decision === undefined && (stepId === undefined || step.id === stepId),
  )
}

function refuse<const Declared extends CodeDeclaration & { code: Refusal['type'] }>(
  declared: Declared,
  ...filling: FillingOf<Declared['message']>
): Refusal {
  return { type: declared.code, words: messageOf(declared, ...filling) }
}

/** A person whose decision came too late reads which decision came first. */
function withLast({ lastDecision }: RunState, refusal: Refusal): Refusal {
  if (lastDecision === undefined) return refusal
  return { ...refusal, words: `${refusal.words} ${describeLastDecision(lastDecision)}` }
}
