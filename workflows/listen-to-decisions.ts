import {
  ApplicationFailure,
  defineQuery,
  defineSignal,
  defineUpdate,
  setDefaultSignalHandler,
  setHandler,
} from '@temporalio/workflow'
import type { DecisionAction, TakenDecision } from '../domain/decisions/decision.ts'
import { messageOf } from '../domain/errors/error-declaration.ts'
import { decisionNames, type SentDecision, type Progress, progressQuery } from './contract.ts'
import { payloadNotValid, signalUnknown } from './errors.ts'
import { readDecision } from './read-decision.ts'
import {
  checkCancel,
  checkRetry,
  checkSkip,
  type Refusal,
  retryable,
  skippable,
} from './decision-refusals.ts'
import { noteCancel, noteDecision, progressOf, type RunState } from './run-state.ts'

/**
 * Handles the decisions on a run. Each decision is an update, which is refused with a reason if it does not apply, and a signal of
 * the same name for the Web UI and the command line. A signal that does not apply has no effect; the run's details show the reason.
 * @param showDetails called when a signal was refused.
 */
export function listenToDecisions(run: RunState, showDetails: () => void): void {
  setHandler(defineQuery<Progress>(progressQuery), () => progressOf(run))
  const refuse = (signal: string, reason: string): void => {
    run.lastRefusal = { signal, reason }
    showDetails()
  }

  listen(decisionNames.retry, refuse, {
    check: (decision) => checkRetry(run, decision),
    apply: (decision, source) => {
      const states = retryable(run, decision)
      const taken = noteDecision(run, { ...toTake(decision, source), action: 'retry' })
      for (const state of states) state.decision = taken
    },
  })
  listen(decisionNames.skip, refuse, {
    check: (decision) => checkSkip(run, decision),
    apply: (decision, source) => {
      const state = skippable(run, decision)
      if (state === undefined) return
      state.decision = noteDecision(run, { ...toTake(decision, source), action: 'skip' })
    },
  })
  listen(decisionNames.cancel, refuse, {
    check: (decision) => checkCancel(run, decision),
    apply: (decision, source) => noteCancel(run, toTake(decision, source)),
  })
  setDefaultSignalHandler((name) => {
    const signals = Object.values(decisionNames).join(', ')
    refuse(name.slice(0, 40), messageOf(signalUnknown, { parameters: { signals } }))
  })
}

interface DecisionHandler {
  /** @returns why the decision does not apply, or undefined if it does. */
  check(decision: SentDecision): Refusal | undefined
  apply(decision: SentDecision, source: TakenDecision['source']): void
}

function listen(
  name: DecisionAction,
  refuse: (signal: string, reason: string) => void,
  handler: DecisionHandler,
): void {
  const understand = (payload: unknown): SentDecision => {
    const read = readDecision(name, payload)
    if ('refusal' in read) throw ApplicationFailure.nonRetryable(read.refusal, payloadNotValid.code)
    const refusal = handler.check(read.decision)
    if (refusal === undefined) return read.decision
    throw ApplicationFailure.nonRetryable(refusal.words, refusal.type)
  }
  const decide = async (payload: unknown): Promise<void> => {
    // The validators of two updates that arrive together both run before either update is applied, so this checks again.
    const decision = understand(payload)
    handler.apply(decision, decision.decision === undefined ? 'signal' : 'api')
  }
  setHandler(defineUpdate<void, [unknown]>(name), decide, {
    validator: (payload) => void understand(payload),
  })
  setHandler(defineSignal<[unknown]>(name), (payload) => {
    const read = readDecision(name, payload)
    if ('refusal' in read) return refuse(name, read.refusal)
    const refusal = handler.check(read.decision)
    if (refusal !== undefined) return refuse(name, refusal.words)
    handler.apply(read.decision, 'signal')
  })
}

/** The decision as the run keeps it. Only a decision from the API keeps its id: a person could type any id into a signal. */
function toTake(
  decision: SentDecision,
  source: TakenDecision['source'],
): Omit<TakenDecision, 'number' | 'action'> {
  const { decision: id, stuck: _, ...rest } = decision
  return source === 'api' && id !== undefined ? { ...rest, source, id } : { ...rest, source }
}
