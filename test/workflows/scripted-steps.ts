import type { TakenDecision } from '../../domain/decisions/decision.ts'
import { ApplicationFailure } from '@temporalio/common'
import type { PlannedStep } from '../../domain/runs/run-plan.ts'
import {
  type AttentionOutcome,
  type InlineStepsOutcome,
  type ReportedFailure,
  type Resolved,
  undoActivity,
} from '../../workflows/contract.ts'

/** What a scripted step does at each call, the last entry for ever. `last` succeeds where the ledger waits for a cancel. */
export type Script = ('succeed' | 'last' | ReportedFailure)[]

export interface ScriptedSteps {
  /** Every activity call in order, such as `a`, `undo-a`, `record-attention a`. */
  calls: string[]
  /** Why the clock decided. */
  reasons: string[]
  activities: Record<string, (call: never) => Promise<unknown>>
}

export function failure(overrides: Partial<ReportedFailure> = {}): ReportedFailure {
  return {
    code: 'provider_down',
    class: 'retryable',
    message: 'The provider is down.',
    nextAction: 'Wait, then retry.',
    retry: overrides.class === 'terminal' ? 'refused' : 'as_is',
    recorded: true,
    refused: false,
    ...overrides,
  }
}

/**
 * Activities that do as the scripts say and remember what was asked of them. Steps without a script succeed; those that are
 * named as `finished` are in the ledger's eyes, whatever they answer.
 */
export function scriptedSteps(
  plan: PlannedStep[],
  scripts: Record<string, Script> = {},
  { finished = [] }: { finished?: string[] } = {},
): ScriptedSteps {
  const calls: string[] = []
  const reasons: string[] = []
  const activities: ScriptedSteps['activities'] = {}
  const attentionFor = (stepId: string): AttentionOutcome => ({
    outcome: finished.includes(stepId) ? 'finished' : 'recorded',
    attempts: 1,
  })
  const play = (name: string): Resolved | undefined => {
    const script = scripts[name] ?? ['succeed']
    const entry = script.length > 1 ? script.shift() : script[0]
    calls.push(name)
    if (entry === 'last') return { completionHeld: true }
    if (entry === undefined || entry === 'succeed') return undefined
    throw ApplicationFailure.create({
      message: entry.message,
      type: entry.code,
      nonRetryable: entry.class !== 'retryable',
      details: [entry],
    })
  }
  // It runs what it is given, as the real one does: transactional steps at once, then the external ones.
  activities['inline-steps'] = async ({ steps }: { steps: PlannedStep[] }) => {
    play('inline-steps')
    const outcome: InlineStepsOutcome = { done: [], failed: {} }
    for (const { id, placement } of steps) {
      try {
        if (placement === 'external') Object.assign(outcome, play(id))
        outcome.done.push(id)
      } catch (error) {
        if (!(error instanceof ApplicationFailure)) throw error
        outcome.failed[id] = error.details?.[0] as ReportedFailure
      }
    }
    return outcome
  }
  for (const { id } of plan) {
    activities[id] = async () => play(id)
    activities[undoActivity(id)] = async () => {
      play(undoActivity(id))
      return 'compensated'
    }
  }
  for (const name of ['record-attention', 'record-retry', 'record-skip']) {
    activities[name] = async ({ stepId }: { stepId: string }, decision?: TakenDecision) => {
      calls.push(`${name} ${stepId}`)
      if (decision?.source === 'clock') reasons.push(decision.reason ?? '')
      return name === 'record-attention' ? attentionFor(stepId) : undefined
    }
  }
  activities['record-ending'] = async ({ status }: { status: string }) => {
    calls.push(`record-ending ${status}`)
    return status
  }
  return { calls, reasons, activities }
}
