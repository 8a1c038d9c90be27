import { randomUUID } from 'node:crypto'
import type { Step } from '../../../plugins/plugin-contract.ts'
import type { StepEnvironment } from './step-environment.ts'

/** Runs a step that comes before the checked one. @returns its input and its output, as the input of the checked one. */
export async function executeStep(
  { db, registry }: StepEnvironment,
  step: Step,
  input: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  const context = {
    runId: 'onb_1',
    idempotencyKey: `onb_1:${step.id}:${randomUUID()}`,
    signal: new AbortController().signal,
    now: new Date(),
    retries: 0,
    billing: registry.billing,
    notifier: registry.notifier,
  }
  const { output } = await db.transaction().execute((transaction) => {
    if (step.placement === 'external') throw new Error(`The step ${step.id} has moved.`)
    return step.execute({ ...context, transaction }, step.input.parse(input))
  })
  return { ...input, ...(step.output.parse(output) as Record<string, unknown>) }
}
