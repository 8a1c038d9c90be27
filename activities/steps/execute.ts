import type { Transaction } from 'kysely'
import type { Database } from '../../domain/database/tables.ts'
import type { PlannedStep } from '../../domain/runs/run-plan.ts'
import { type Step, type StepContext, stepError, type StepResult } from '../../plugins/plugin-contract.ts'
import { canBeAsked, type Registry } from '../../plugins/registry.ts'
import type { Attempt } from './attempt.ts'
import { outcomeUnknown, stepMissing } from '../errors.ts'
import { parseInput } from './step-input.ts'
import { parseCallOutput, parseOutput } from './step-output.ts'

/** What is found out about a call where nobody can be asked. */
export const nobodyKnows = { outcome: 'unknown' } as const

/** @throws StepError `step_missing` when this worker does not have the step in the version that the plan names. */
export function findStep(registry: Registry, planned: PlannedStep): Step {
  const step = registry.step(planned)
  if (step !== undefined) return step
  throw stepError(stepMissing, { parameters: { step: planned.id, version: planned.version } })
}

/** Runs a step's effect, and writes the rows of our own that go with it, inside our transaction. */
export async function executeInTransaction(
  step: Step,
  context: StepContext,
  transaction: Transaction<Database>,
  rawInput: unknown,
): Promise<StepResult<unknown>> {
  const input = parseInput(step, rawInput)
  if (step.placement === 'external')
    throw new Error(`The external step ${step.id} can't run inside our transaction.`)
  const result = await step.execute({ ...context, transaction }, input)
  const output = parseOutput(step, result.output)
  if (step.placement === 'by-billing-adapter') await step.record?.({ transaction }, input, output)
  return { ...result, output }
}

/**
 * Calls somebody else. When an earlier call's outcome is unknown, asks first.
 * @throws StepError `outcome_unknown` when nobody but a person can tell.
 */
export async function executeExternally(
  step: Step,
  context: StepContext,
  rawInput: unknown,
  attempt: Pick<Attempt, 'outcomeUnknown'>,
): Promise<StepResult<unknown>> {
  if (step.placement === 'transactional')
    throw new Error(`The transactional step ${step.id} needs our transaction.`)
  const input = parseInput(step, rawInput)
  if (attempt.outcomeUnknown) {
    const found = canBeAsked(step) ? await step.lookup(context, input) : nobodyKnows
    if (found.outcome === 'happened') return checked(step, found.result)
    if (found.outcome === 'unknown') throw stepError(outcomeUnknown, { parameters: { title: step.title } })
    // It did not happen: whatever is known from here on is about this attempt's own call.
    if (found.outcome === 'absent') attempt.outcomeUnknown = false
  }
  return checked(step, await step.execute(context, input))
}

function checked(step: Step, result: StepResult<unknown>): StepResult<unknown> {
  return { ...result, output: parseCallOutput(step, result.output) }
}
