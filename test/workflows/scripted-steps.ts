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

/**
 * The results of a scripted step, one a call; the last entry is repeated. `last` succeeds and holds the completion of the run
 * for a cancel.
 */
export type Script = ('succeed' | 'last' | ReportedFailure)[]

export interface ScriptedSteps {
  /** The activity calls in order, such as `a`, `undo-a` and `record-attention a`. */
  calls: string[]
  /** The reasons of the decisions of the clock. */
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
 * Makes the activities of a plan, which follow scripts and record their calls.
 * @param scripts by activity name; a step without a script succeeds.
 * @param finished the steps that the step journal shows as done, whatever their scripts say.
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
  // As in the real activity, a failed external step does not stop the others.
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
