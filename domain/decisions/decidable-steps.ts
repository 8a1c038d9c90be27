import type { DecisionAction } from './decision.ts'
import { type FillingOf, messageOf, type ProblemDeclaration } from '../errors/error-declaration.ts'
import {
  noStepNeedsAttention,
  retryWouldFail,
  runNotCancellable,
  stepNeedsNoAttention,
  stepNotInRun,
  stepRequired,
} from '../runs/run-errors.ts'
import type { RunStep, Run } from '../runs/run-record.ts'

/** The state of the run does not allow a decision. The message is written for the person who decided. */
export class DecisionRefused extends Error {
  override readonly name = 'DecisionRefused'
  readonly nextAction: string

  constructor(words: { message: string; nextAction: string }) {
    super(words.message)
    this.nextAction = words.nextAction
  }
}

function refused<const Declared extends ProblemDeclaration>(
  declared: Declared,
  ...filling: FillingOf<Declared['message']>
): DecisionRefused {
  return new DecisionRefused({ message: messageOf(declared, ...filling), nextAction: declared.nextAction })
}

/**
 * The stuck steps that a decision applies to. A cancel applies to all stuck steps, of which there may be none.
 * @param decision `step` is the id of one step; left out, the decision applies to every stuck step.
 * @param state `undoing` is true after the run was cancelled.
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
    throw refused(runNotCancellable, { parameters: { status: run.status } })
  }
  const steps = stuckSteps(run, decision.step)
  if (decision.action === 'retry') return retryable(steps)
  if (!state.undoing && !steps.every(({ planned }) => planned.optional)) throw refused(stepRequired)
  return steps
}

function stuckSteps(run: Run, id: string | undefined): RunStep[] {
  const stuck = run.steps.filter(isStuck)
  if (run.status !== 'needs_attention' || stuck.length === 0)
    throw refused(noStepNeedsAttention, { parameters: { status: run.status } })
  if (id === undefined) return stuck
  const named = run.steps.filter(({ planned }) => planned.id === id)
  const [step] = named
  if (step === undefined) throw refused(stepNotInRun)
  if (stuck.includes(step)) return named
  throw refused(stepNeedsNoAttention, { parameters: { status: step.status } })
}

function isStuck({ status }: RunStep): boolean {
  return status === 'needs_attention'
}

function retryable(steps: RunStep[]): RunStep[] {
  const found = steps.filter((step) => step.error?.retry !== 'refused')
  if (found.length > 0) return found
  const failures = steps.map(({ planned, error }) => `“${planned.title}” with \`${error?.code}\``).join(', ')
  throw refused(retryWouldFail, { parameters: { failures } })
}
