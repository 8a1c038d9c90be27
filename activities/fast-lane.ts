import type { PlannedStep } from '../domain/run-plan.ts'
import { lockOnboarding } from '../domain/step-ledger.ts'
import type { StepResult } from '../plugins/contract.ts'
import { type Attempt, attemptOn, saveResults } from './attempt.ts'
import { executeInTransaction, findStep } from './execute.ts'
import { type ActivityDependencies, stepContext, workflowRunId } from './step-context.ts'
import { stepInput } from './step-input.ts'

const laneTimeout = 7_000

/**
 * Runs all leading transactional steps of a plan in one transaction: their effects, their ledger rows and the
 * onboarding's own status commit together, or none of it does. It records no failure: the steps then run one by one as
 * activities of their own, where attempts and errors are visible.
 */
export async function runFastLane(
  { db, registry }: ActivityDependencies,
  call: { onboardingId: string; steps: PlannedStep[] },
): Promise<void> {
  const signal = AbortSignal.timeout(laneTimeout)
  await db.transaction().execute(async (transaction) => {
    const onboarding = await lockOnboarding(transaction, call.onboardingId)
    const results: { attempt: Attempt; result: StepResult<unknown> }[] = []
    const outputs: unknown[] = []
    for (const planned of call.steps) {
      const attempt = attemptOn(onboarding, planned)
      if (attempt === 'done') continue
      const context = stepContext(registry, {
        onboardingId: onboarding.id,
        stepId: planned.id,
        revision: attempt.revision,
        signal,
      })
      const input = stepInput(onboarding, outputs)
      const result = await executeInTransaction(findStep(registry, planned), context, transaction, input)
      results.push({ attempt, result })
      outputs.push(result.output)
    }
    if (results.length > 0) await saveResults(transaction, onboarding, results, workflowRunId())
  })
}
