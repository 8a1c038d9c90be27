import {
  ApplicationFailure,
  defineQuery,
  defineSignal,
  defineUpdate,
  patched,
  setDefaultSignalHandler,
  setHandler,
} from '@temporalio/workflow'
import type { DecisionAction, TakenDecision } from '../domain/decision.ts'
import { operations, type OperatorDecision, type Progress, progressQuery } from './contract.ts'
import { patches } from './patches.ts'
import { readDecision } from './read-decision.ts'
import { checkCancel, checkRetry, checkSkip, type Refusal, retryable, skippable } from './refusals.ts'
import { cancelRun, noteDecision, progressOf, type RunState } from './run-state.ts'

/**
 * What people can do to a run. Each operation is an update (refused with a reason when it does not apply) and a signal
 * of the same name (for the Web UI and the command line; one that does not apply decides nothing, and the run shows why).
 * @param showWords called when a signal was refused.
 */
export function listenToOperators(run: RunState, showWords: () => void): void {
  setHandler(defineQuery<Progress>(progressQuery), () => progressOf(run))
  const refuse = (signal: string, reason: string): void => {
    run.lastRefusal = { signal, reason }
    showWords()
  }

  listen(run, operations.retry, refuse, {
    check: (decision) => checkRetry(run, decision),
    apply: (decision, source) => {
      const states = retryable(run, decision)
      const taken = noteDecision(run, { ...toTake(decision, source), action: 'retry' })
      for (const state of states) state.decision = taken
    },
  })
  listen(run, operations.skip, refuse, {
    check: (decision) => checkSkip(run, decision),
    apply: (decision, source) => {
      const state = skippable(run, decision)
      if (state === undefined) return
      state.decision = noteDecision(run, { ...toTake(decision, source), action: 'skip' })
    },
  })
  listen(run, operations.cancel, refuse, {
    check: (decision) => checkCancel(run, decision),
    apply: (decision, source) => cancelRun(run, toTake(decision, source)),
  })
  setDefaultSignalHandler((name) => {
    refuse(name.slice(0, 40), `There is no such signal. There are ${Object.values(operations).join(', ')}.`)
  })
}

interface Operation {
  /** Why the decision does not apply now, or undefined when it does. */
  check(decision: OperatorDecision): Refusal | undefined
  apply(decision: OperatorDecision, source: TakenDecision['source']): void
}

function listen(
  run: RunState,
  name: DecisionAction,
  refuse: (signal: string, reason: string) => void,
  operation: Operation,
): void {
  const refuseUnlessApplies = (decision: OperatorDecision): void => {
    const refusal = operation.check(decision)
    if (refusal === undefined) return
    throw ApplicationFailure.nonRetryable(
      refusal.words,
      refusal.type === 'not_waiting' ? 'not_waiting' : 'invalid_state',
    )
  }
  const validator = (payload: unknown): void => {
    const read = readDecision(name, payload)
    if ('refusal' in read) throw ApplicationFailure.nonRetryable(read.refusal, 'invalid_state')
    refuseUnlessApplies(read.decision)
  }
  const decide = async (payload: unknown): Promise<void> => {
    const read = readDecision(name, payload)
    const decision = 'refusal' in read ? asEarlier(payload) : read.decision
    // Two updates that arrive together are both validated before either is applied: only here does one see the other.
    refuseUnlessApplies(decision)
    operation.apply(decision, decision.decision === undefined ? 'signal' : 'api')
  }
  setHandler(defineUpdate<void, [unknown]>(name), decide, { validator })
  setHandler(defineSignal<[unknown]>(name), (payload) => {
    const read = readDecision(name, payload)
    const isOdd = 'refusal' in read || typeof payload === 'string'
    // Runs that began before this took an odd payload for a decision on every step.
    const given = isOdd && !patched(patches.readOddPayloads) ? { decision: asEarlier(payload) } : read
    const refusal = 'refusal' in given ? given.refusal : operation.check(given.decision)?.words
    if (refusal !== undefined) return refuse(name, refusal)
    if (name === 'skip' && run.phase === 'cancelling' && !patched(patches.skipWhileUndoing)) return
    if ('decision' in given) operation.apply(given.decision, 'signal')
  })
}

/** A payload that was understood by an earlier version of this code. */
function asEarlier(payload: unknown): OperatorDecision {
  return typeof payload === 'object' && payload !== null ? payload : {}
}

/** What is kept of a decision. Nobody can type the id of one that was written down. */
function toTake(
  decision: OperatorDecision,
  source: TakenDecision['source'],
): Omit<TakenDecision, 'number' | 'action'> {
  const { decision: id, stuck: _, ...rest } = decision
  return source === 'api' && id !== undefined ? { ...rest, source, id } : { ...rest, source }
}
