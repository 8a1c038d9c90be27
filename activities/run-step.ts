import { lockOnboarding } from '../domain/step-ledger.ts'
import type { StepCall } from '../workflows/contract.ts'
import { type Attempt, openAttempt, saveIntent, saveResults } from './attempt.ts'
import { executeExternally, executeInTransaction, findStep } from './execute.ts'
import { reportFailure } from './report-failure.ts'
import { saveOutcome } from './save-outcome.ts'
import { type ActivityDependencies, stepContext, withinTime, workflowRunId } from './step-context.ts'
import { stepInput } from './step-input.ts'

/**
 * The one body behind every step's activity. A step that is done is not run again. A transactional step's effect and its
 * ledger row commit together; an external step records its intent before it calls and its result after.
 * @throws ApplicationFailure with a `ReportedFailure`; non-retryable when a person has to decide.
 */
export async function runStep(dependencies: ActivityDependencies, call: StepCall): Promise<void> {
  let begun: Attempt | undefined
  try {
    if (call.step.placement === 'transactional') {
      await runInTransaction(dependencies, call)
    } else {
      await runExternally(dependencies, call, (attempt) => {
        begun = attempt
      })
    }
  } catch (error) {
    throw await reportFailure(dependencies, call, { doing: 'execute', begun }, error)
  }
}

async function runInTransaction({ db, registry }: ActivityDependencies, call: StepCall): Promise<void> {
  const step = findStep(registry, call.step)
  await withinTime(call.step.timeout, (signal) =>
    db.transaction().execute(async (transaction) => {
      const attempt = await openAttempt(transaction, call.onboardingId, call.step)
      if (attempt === 'done') return
      const context = stepContext(registry, { ...call, stepId: step.id, revision: attempt.revision, signal })
      const input = stepInput(attempt.onboarding)
      const result = await executeInTransaction(step, context, transaction, input)
      await saveResults(transaction, attempt.onboarding, [{ attempt, result }], workflowRunId())
    }),
  )
}

async function runExternally(
  { db, registry }: ActivityDependencies,
  call: StepCall,
  onBegin: (attempt: Attempt) => void,
): Promise<void> {
  const step = findStep(registry, call.step)
  const attempt = await db.transaction().execute(async (transaction) => {
    const opened = await openAttempt(transaction, call.onboardingId, call.step)
    if (opened === 'done') return opened
    step.input.parse(stepInput(opened.onboarding))
    await saveIntent(transaction, opened)
    return opened
  })
  if (attempt === 'done') return
  onBegin(attempt)
  const input = stepInput(attempt.onboarding)
  const result = await withinTime(call.step.timeout, (signal) =>
    executeExternally(
      step,
      stepContext(registry, { ...call, stepId: step.id, revision: attempt.revision, signal }),
      input,
      { outcomeUnknown: attempt.outcomeUnknown },
    ),
  )
  await saveOutcome(db, async (transaction) => {
    const onboarding = await lockOnboarding(transaction, call.onboardingId)
    const run = onboarding.runs.get(step.id)
    // A newer attempt has taken over, and finds what this one did by its look-up; or this was committed unnoticed.
    if (run?.attemptToken !== attempt.token || run.status === 'done') return
    if (step.placement !== 'transactional')
      await step.record?.({ transaction }, step.input.parse(input), result.output)
    await saveResults(
      transaction,
      onboarding,
      [{ attempt: { ...attempt, onboarding }, result }],
      workflowRunId(),
    )
  })
}
