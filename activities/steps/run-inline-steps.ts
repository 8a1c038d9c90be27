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

const transactionTimeout = 7_000

/**
 * Tries the beginning of a plan: all its transactional steps in one transaction, where their effects, their ledger rows
 * and the run's own status commit together or not at all; then each external step once. A failed external step is
 * in the journal like any other failure, and those that need it are not tried.
 * @throws the transaction's error. No attempt is recorded then: the steps run one by one, where failures are visible.
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
      // Not about the step itself, so what follows can't be told either.
      if (report === undefined) return outcome
      outcome.failed[step.id] = report
    }
  }
  return outcome
}

/** @returns with the attempt at the next step, an external one, when its intent could be recorded in the same commit. */
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
      const outputs: unknown[] = []
      for (const planned of steps) {
        const attempt = await openAttempt(transaction, run, planned)
        if (attempt === 'done') continue
        const { revision, retries } = attempt
        const context = stepContext(registry, { runId, stepId: planned.id, revision, retries, signal })
        const input = stepInput(run, outputs)
        const result = await executeInTransaction(findStep(registry, planned), context, transaction, input)
        results.push({ attempt, result })
        outputs.push(result.output)
      }
      // Done before: then this is a second try of the inline, and an external step may have been begun by the first.
      if (results.length === 0) return { resolved: resolvedOf(run) }
      const attempt = next && (await openAttempt(transaction, run, next))
      const begun = callOf(registry, run, attempt, outputs)
      const resolved = await recordOutcomes(transaction, run, { results, intent: begun?.attempt })
      return { begun, resolved }
    }),
  )
}

/** @returns undefined for a step that is done or can't be called: then its own run finds that, and says why. */
function callOf(
  registry: Registry,
  run: LockedRun,
  attempt: Attempt | 'done' | undefined,
  outputs: unknown[],
): BegunCall | undefined {
  if (attempt === undefined || attempt === 'done') return undefined
  const step = registry.step(attempt.planned)
  if (step === undefined) return undefined
  const input = stepInput(run, outputs)
  return step.input.safeParse(input).success ? { attempt, input } : undefined
}
