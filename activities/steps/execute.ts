import type { Transaction } from 'kysely'
import type { Database } from '../../domain/database/tables.ts'
import type { PlannedStep } from '../../domain/runs/run-plan.ts'
import {
  inTransaction,
  type LookupResult,
  type Step,
  type StepContext,
  stepError,
  type StepResult,
} from '../../plugins/plugin-contract.ts'
import { hasLookup, type Registry } from '../../plugins/registry.ts'
import type { Attempt } from './attempt.ts'
import { invalidCallResult, outcomeUnknown, stepMissing } from '../errors.ts'
import { parseInput } from './step-input.ts'
import { parseOutput } from './step-output.ts'

/** Asks the provider what an earlier call did. The outcome stays `unknown` if the step has no lookup. */
export async function lookUp(
  step: Step,
  context: StepContext,
  input: unknown,
): Promise<LookupResult<unknown>> {
  return hasLookup(step) ? step.lookup(context, input) : { outcome: 'unknown' }
}

export function findStep(registry: Registry, planned: PlannedStep): Step {
  const step = registry.step(planned)
  if (step !== undefined) return step
  throw stepError(stepMissing, { parameters: { step: planned.id, version: planned.version } })
}

export async function executeInTransaction(
  step: Step,
  context: StepContext,
  transaction: Transaction<Database>,
  rawInput: unknown,
): Promise<StepResult<unknown>> {
  const input = parseInput(step, rawInput)
  if (step.placement === 'external')
    throw new Error(`The external step ${step.id} can't run inside our transaction.`)
  const result = await step.execute(inTransaction(context, { transaction }), input)
  const output = parseOutput(step, result.output)
  if (step.placement === 'by-billing-adapter') await step.record?.({ transaction }, input, output)
  return { ...result, output }
}

/**
 * Runs a step that calls a provider. If the outcome of an earlier call is unknown, looks it up first.
 * @param attempt its `outcomeUnknown` becomes false if the earlier call turned out to have had no effect.
 * @throws StepError `outcome_unknown` if only a person can find out the outcome.
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
    const found = await lookUp(step, context, input)
    if (found.outcome === 'happened') return checked(step, found.result)
    if (found.outcome === 'unknown') throw stepError(outcomeUnknown, { parameters: { title: step.title } })
    // The earlier call had no effect. From here on, the outcome is about the call of this attempt.
    if (found.outcome === 'absent') attempt.outcomeUnknown = false
  }
  return checked(step, await step.execute(context, input))
}

function checked(step: Step, result: StepResult<unknown>): StepResult<unknown> {
  return { ...result, output: parseOutput(step, result.output, invalidCallResult) }
}
