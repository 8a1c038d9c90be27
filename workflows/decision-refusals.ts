import { wordsOfLast } from '../domain/decisions/decision.ts'
import type { CodeDeclaration, FillingOf } from '../domain/errors/error-declaration.ts'
import { fill } from '../domain/errors/error-text.ts'
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

/** Why a decision does not apply now. `not_waiting` may be a run that does not know yet what the step journal knows. */
export interface Refusal {
  type: 'invalid_state' | 'not_waiting'
  /** For whoever decided. */
  words: string
}

export function checkRetry(run: RunState, { step }: SentDecision): Refusal | undefined {
  if (retryable(run, { step }).length > 0) return undefined
  const dead = waiting(run, step).find(({ error }) => !mayRetry(error))
  if (dead !== undefined) return refuse(retryCannotHelp, { parameters: { step: dead.step.id } })
  return withLast(
    run,
    step === undefined ? refuse(noStepWaits) : refuse(stepDoesNotWait, { parameters: { step } }),
  )
}

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

export function checkCancel(run: RunState, decision: SentDecision): Refusal | undefined {
  if (run.cancel !== undefined || run.phase !== 'running') return withLast(run, refuse(alreadyEnding))
  const { stuck = [] } = decision
  if (stuck.some((step) => waiting(run, step).length === 0)) return withLast(run, refuse(noLongerStuck))
  const unanswered = run.steps.filter(
    ({ step, status }) =>
      step.undo === 'ask' && status !== 'pending' && decision.undo?.[step.id] === undefined,
  )
  if (unanswered.length === 0) return undefined
  const answers = unanswered.map(({ step }) => `"${step.id}":"undo" or "keep"`).join(', ')
  return refuse(undoNotAnswered, { parameters: { answers: `{ "undo": { ${answers} } }` } })
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

function refuse<const Declared extends CodeDeclaration & { code: Refusal['type'] }>(
  { code, message }: Declared,
  ...[filling]: FillingOf<Declared['message']>
): Refusal {
  return { type: code, words: fill(message, filling?.parameters) }
}

/** Somebody who was too late reads which decision came first. */
function withLast({ lastDecision }: RunState, refusal: Refusal): Refusal {
  if (lastDecision === undefined) return refusal
  return { ...refusal, words: `${refusal.words} ${wordsOfLast(lastDecision)}` }
}
