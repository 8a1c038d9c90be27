import type { DecisionAction } from './decision.ts'
import type { RunStep, Run } from '../runs/run-record.ts'

/** A decision that the state of the run does not allow, in words for whoever made it. */
export class DecisionRefused extends Error {
  override readonly name = 'DecisionRefused'
  /** What to do instead, where there is more to say than to read the run again. */
  readonly nextAction: string | undefined

  constructor(message: string, nextAction?: string) {
    super(message)
    this.nextAction = nextAction
  }
}

/**
 * The stuck steps that a decision is about. A cancel is about all of them, and about none where nothing is stuck.
 * @param state `undoing` once the run was cancelled.
 * @throws DecisionRefused when the decision does not apply to the run.
 */
export function stepsDecidedOn(
  run: Run,
  decision: { action: DecisionAction; step?: string | undefined },
  state: { undoing: boolean },
): RunStep[] {
  if (decision.action === 'cancel') {
    if (run.status === 'needs_attention') return run.steps.filter(isStuck)
    if (run.status === 'accepted' || run.status === 'running') return []
    throw new DecisionRefused(`It is ${run.status}, so it can not be cancelled.`)
  }
  const steps = stuckSteps(run, decision.step)
  if (decision.action === 'retry') return retryable(steps)
  if (!state.undoing && !steps.every(({ planned }) => planned.optional))
    throw new DecisionRefused('This step is not optional: the account would not be whole without it.')
  return steps
}

function stuckSteps(run: Run, id: string | undefined): RunStep[] {
  const stuck = run.steps.filter(isStuck)
  if (run.status !== 'needs_attention' || stuck.length === 0)
    throw new DecisionRefused(`It is ${run.status}; no step waits for a person.`)
  if (id === undefined) return stuck
  const named = run.steps.filter(({ planned }) => planned.id === id)
  const [step] = named
  if (step === undefined) throw new DecisionRefused('It has no such step.')
  if (stuck.includes(step)) return named
  throw new DecisionRefused(`The step is ${step.status}; it does not wait for a person.`)
}

function isStuck({ status }: RunStep): boolean {
  return status === 'needs_attention'
}

function retryable(steps: RunStep[]): RunStep[] {
  const found = steps.filter((step) => step.error?.retry !== 'refused')
  if (found.length > 0) return found
  const failures = steps.map(({ planned, error }) => `“${planned.title}” with \`${error?.code}\``).join(', ')
  throw new DecisionRefused(
    `A retry would fail in the same way. What failed: ${failures}.`,
    'Cancel it, which undoes what was done: send the same request to `/cancel` in place of `/retry`.',
  )
}
