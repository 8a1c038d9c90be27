import {
  ApplicationFailure,
  defineQuery,
  defineSignal,
  defineUpdate,
  setDefaultSignalHandler,
  setHandler,
} from '@temporalio/workflow'
import type { DecisionAction, TakenDecision } from '../domain/decisions/decision.ts'
import { fill } from '../domain/errors/error-text.ts'
import { operations, type SentDecision, type Progress, progressQuery } from './contract.ts'
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
 * What people can do to a run. Each operation is an update (refused with a reason when it does not apply) and a signal
 * of the same name (for the Web UI and the command line; one that does not apply decides nothing, and the run shows why).
 * @param showWords called when a signal was refused.
 */
export function listenToDecisions(run: RunState, showWords: () => void): void {
  setHandler(defineQuery<Progress>(progressQuery), () => progressOf(run))
  const refuse = (signal: string, reason: string): void => {
    run.lastRefusal = { signal, reason }
    showWords()
  }

  listen(operations.retry, refuse, {
    check: (decision) => checkRetry(run, decision),
    apply: (decision, source) => {
      const states = retryable(run, decision)
      const taken = noteDecision(run, { ...toTake(decision, source), action: 'retry' })
      for (const state of states) state.decision = taken
    },
  })
  listen(operations.skip, refuse, {
    check: (decision) => checkSkip(run, decision),
    apply: (decision, source) => {
      const state = skippable(run, decision)
      if (state === undefined) return
      state.decision = noteDecision(run, { ...toTake(decision, source), action: 'skip' })
    },
  })
  listen(operations.cancel, refuse, {
    check: (decision) => checkCancel(run, decision),
    apply: (decision, source) => noteCancel(run, toTake(decision, source)),
  })
  setDefaultSignalHandler((name) => {
    const signals = Object.values(operations).join(', ')
    refuse(name.slice(0, 40), fill(signalUnknown.message, { signals }))
  })
}

interface Operation {
  /** Why the decision does not apply now, or undefined when it does. */
  check(decision: SentDecision): Refusal | undefined
  apply(decision: SentDecision, source: TakenDecision['source']): void
}

function listen(
  name: DecisionAction,
  refuse: (signal: string, reason: string) => void,
  operation: Operation,
): void {
  const understand = (payload: unknown): SentDecision => {
    const read = readDecision(name, payload)
    if ('refusal' in read) throw ApplicationFailure.nonRetryable(read.refusal, payloadNotValid.code)
    const refusal = operation.check(read.decision)
    if (refusal === undefined) return read.decision
    throw ApplicationFailure.nonRetryable(refusal.words, refusal.type)
  }
  const decide = async (payload: unknown): Promise<void> => {
    // Two updates that arrive together are both validated before either is applied: only here does one see the other.
    const decision = understand(payload)
    operation.apply(decision, decision.decision === undefined ? 'signal' : 'api')
  }
  setHandler(defineUpdate<void, [unknown]>(name), decide, {
    validator: (payload) => void understand(payload),
  })
  setHandler(defineSignal<[unknown]>(name), (payload) => {
    const read = readDecision(name, payload)
    if ('refusal' in read) return refuse(name, read.refusal)
    const refusal = operation.check(read.decision)
    if (refusal !== undefined) return refuse(name, refusal.words)
    operation.apply(read.decision, 'signal')
  })
}

/** What is kept of a decision. Nobody can type the id of one that was written down. */
function toTake(
  decision: SentDecision,
  source: TakenDecision['source'],
): Omit<TakenDecision, 'number' | 'action'> {
  const { decision: id, stuck: _, ...rest } = decision
  return source === 'api' && id !== undefined ? { ...rest, source, id } : { ...rest, source }
}
