import type { PlannedStep } from '../domain/run-plan.ts'
import { lockOnboarding } from '../domain/step-ledger.ts'
import type { StepResult } from '../plugins/contract.ts'
import type { FastLaneOutcome } from '../workflows/contract.ts'
import { type Attempt, attemptOn, saveResults } from './attempt.ts'
import { executeInTransaction, findStep } from './execute.ts'
import { reportOf } from './report-failure.ts'
import { runStep } from './run-step.ts'
import { type ActivityDependencies, stepContext, workflowRunId } from './step-context.ts'
import { stepInput } from './step-input.ts'

const transactionTimeout = 7_000

/**
 * Tries the beginning of a plan: all its transactional steps in one transaction, where their effects, their ledger rows
 * and the onboarding's own status commit together or not at all; then each external step once. A failed external step is
 * in the ledger like any other failure, and those that need it are not tried.
 * @throws the transaction's error. No attempt is recorded then: the steps run one by one, where failures are visible.
 */
export async function runFastLane(
  dependencies: ActivityDependencies,
  { onboardingId, steps }: { onboardingId: string; steps: PlannedStep[] },
): Promise<FastLaneOutcome> {
  const transactional = steps.filter((step) => step.placement === 'transactional')
  if (transactional.length > 0) await runTransaction(dependencies, onboardingId, transactional)
  const outcome: FastLaneOutcome = { done: transactional.map(({ id }) => id), failed: {} }
  for (const step of steps) {
    if (step.placement === 'transactional' || !step.needs.every((need) => outcome.done.includes(need)))
      continue
    try {
      await runStep(dependencies, { onboardingId, step })
      outcome.done.push(step.id)
    } catch (error) {
      const report = reportOf(error)
      // Not about the step itself, so what follows can't be told either.
      if (report === undefined) return outcome
      outcome.failed[step.id] = report
    }
  }
  return outcome
}

async function runTransaction(
  { db, registry }: ActivityDependencies,
  onboardingId: string,
  steps: PlannedStep[],
): Promise<void> {
  const signal = AbortSignal.timeout(transactionTimeout)
  await db.transaction().execute(async (transaction) => {
    const onboarding = await lockOnboarding(transaction, onboardingId)
    const results: { attempt: Attempt; result: StepResult<unknown> }[] = []
    const outputs: unknown[] = []
    for (const planned of steps) {
      const attempt = attemptOn(onboarding, planned)
      if (attempt === 'done') continue
      const { revision } = attempt
      const context = stepContext(registry, { onboardingId, stepId: planned.id, revision, signal })
      const input = stepInput(onboarding, outputs)
      const result = await executeInTransaction(findStep(registry, planned), context, transaction, input)
      results.push({ attempt, result })
      outputs.push(result.output)
    }
    if (results.length > 0) await saveResults(transaction, onboarding, results, workflowRunId())
  })
}
