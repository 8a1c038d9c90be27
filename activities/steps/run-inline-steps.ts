import type { PlannedStep } from '../../domain/runs/run-plan.ts'
import { type LockedRun, lockRun } from '../../domain/runs/step-journal.ts'
import type { Registry } from '../../plugins/registry.ts'
import type { InlineStepsCall } from '../../workflows/activity-types.ts'
import type { InlineStepsOutcome, Resolved } from '../../workflows/contract.ts'
import { type Attempt, openAttempt, type Outcome, recordOutcomes } from './attempt.ts'
import { executeInTransaction, findStep } from './execute.ts'
import { reportOf } from './report-failure.ts'
import { type BegunCall, runStep } from './run-step.ts'
import { resolvedOf } from './held-completion.ts'
import { type ActivityDependencies, stepContext, withinTime } from './step-context.ts'
import { stepInput } from './step-input.ts'

/** Milliseconds. Shorter than the timeout that the workflow allows for the transaction. */
const transactionTimeout = 7_000

/**
 * Runs the inline steps of a run: first all transactional steps in one transaction, which commits their effects, their journal
 * entries and the status of the run together; then each external step once. The failure of an external step is recorded in the step
 * journal, and the steps that need it are not attempted.
 * @throws the error of the transaction. No attempt is recorded then, and the workflow runs each step as its own activity.
 */
export async function runInlineSteps(
  dependencies: ActivityDependencies,
  { runId, steps }: InlineStepsCall,
): Promise<InlineStepsOutcome> {
  const transactional = steps.filter((step) => step.placement === 'transactional')
  const [next, ...others] = steps.filter((step) => step.placement !== 'transactional')
  const { begun, resolved } =
    transactional.length === 0 ? {} : await runTransaction(dependencies, runId, transactional, next)
  const outcome: InlineStepsOutcome = { done: transactional.map(({ id }) => id), failed: {}, ...resolved }
  for (const step of next === undefined ? [] : [next, ...others]) {
    if (!step.needs.every((need) => outcome.done.includes(need))) continue
    try {
      const own = await runStep(dependencies, { runId, step }, step === next ? begun : undefined)
      outcome.done.push(step.id)
      Object.assign(outcome, own)
    } catch (error) {
      const report = reportOf(error)
      // The error is no failure of the step, so the state of the run is unknown. The workflow continues step by step.
      if (report === undefined) return outcome
      outcome.failed[step.id] = report
    }
  }
  return outcome
}

/** @param next the first external step. Its intent is recorded in the same commit, if it can be called. */
async function runTransaction(
  { db, registry }: ActivityDependencies,
  runId: string,
  steps: PlannedStep[],
  next: PlannedStep | undefined,
): Promise<{ begun?: BegunCall | undefined; resolved?: Resolved | undefined }> {
  return withinTime(transactionTimeout, (signal) =>
    db.transaction().execute(async (transaction) => {
      const run = await lockRun(transaction, runId)
      const results: Outcome['results'] = []
      for (const planned of steps) {
        const attempt = await openAttempt(transaction, run, planned)
        if (attempt === 'done') continue
        const context = stepContext(registry, attempt, signal)
        const step = findStep(registry, planned)
        const input = stepInput(step, run, results)
        results.push({ attempt, result: await executeInTransaction(step, context, transaction, input) })
      }
      // All steps were done before, so an earlier inline activity may have begun an external step.
      if (results.length === 0) return { resolved: resolvedOf(run) }
      const attempt = next && (await openAttempt(transaction, run, next))
      const begun = callOf(registry, run, attempt, results)
      const resolved = await recordOutcomes(transaction, run, { results, intent: begun?.attempt })
      return { begun, resolved }
    }),
  )
}

/** @returns undefined for a step that is done or cannot be called. `runStep` then finds out the reason. */
function callOf(
  registry: Registry,
  run: LockedRun,
  attempt: Attempt | 'done' | undefined,
  results: Outcome['results'],
): BegunCall | undefined {
  if (attempt === undefined || attempt === 'done') return undefined
  const step = registry.step(attempt.planned)
  if (step === undefined) return undefined
  const input = stepInput(step, run, results)
  return step.input.safeParse(input).success ? { attempt, input } : undefined
}
