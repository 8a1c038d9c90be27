import { ApplicationFailure } from '@temporalio/activity'
import { lockRun } from '../../domain/runs/step-journal.ts'
import type { Resolved, StepCall } from '../../workflows/contract.ts'
import { type Attempt, isEnding, openAttempt, recordOutcomes } from './attempt.ts'
import { executeExternally, executeInTransaction, findStep } from './execute.ts'
import { attemptSuperseded } from '../errors.ts'
import { reportFailure } from './report-failure.ts'
import { commitOutcome } from './commit-outcome.ts'
import { resolvedBefore, resolvedOf } from './held-completion.ts'
import { type ActivityDependencies, stepContext, withinTime } from './step-context.ts'
import { parseInput, stepInput } from './step-input.ts'

/** An attempt at calling somebody else whose intent is in the journal, with what the step reads. */
export interface BegunCall {
  attempt: Attempt
  input: unknown
}

/**
 * The one body behind every step's activity. A step that is done is not run again. A transactional step's effect and its
 * ledger row commit together; an external step records its intent before it calls and its result after.
 * @param begun an external step's attempt whose intent is recorded already.
 * @returns what the run is told beside that the step is done.
 * @throws ApplicationFailure with a `ReportedFailure`; non-retryable when a person has to decide.
 */
export async function runStep(
  dependencies: ActivityDependencies,
  call: StepCall,
  begun?: BegunCall,
): Promise<Resolved | undefined> {
  let current = begun
  try {
    if (call.step.placement === 'transactional') return await runInTransaction(dependencies, call)
    current ??= await beginCall(dependencies, call)
    if (current !== undefined) return await finishCall(dependencies, call, current)
  } catch (error) {
    const doing = { doing: 'execute', begun: current?.attempt } as const
    const failure = await reportFailure(dependencies, call, doing, error)
    if (failure !== undefined) throw failure
  }
  return resolvedBefore(dependencies.db, call.runId)
}

async function runInTransaction(
  { db, registry }: ActivityDependencies,
  call: StepCall,
): Promise<Resolved | undefined> {
  return withinTime(call.step.timeout, (signal) =>
    db.transaction().execute(async (transaction) => {
      const run = await lockRun(transaction, call.runId)
      const attempt = await openAttempt(transaction, run, call.step)
      if (attempt === 'done') return resolvedOf(run)
      const step = findStep(registry, call.step)
      const { revision, retries } = attempt
      const context = stepContext(registry, { ...call, stepId: step.id, revision, retries, signal })
      const result = await executeInTransaction(step, context, transaction, stepInput(run))
      return recordOutcomes(transaction, run, { results: [{ attempt, result }] })
    }),
  )
}

/** @returns undefined when the step is done. */
async function beginCall(
  { db, registry }: ActivityDependencies,
  call: StepCall,
): Promise<BegunCall | undefined> {
  return db.transaction().execute(async (transaction) => {
    const run = await lockRun(transaction, call.runId)
    const attempt = await openAttempt(transaction, run, call.step)
    if (attempt === 'done') return undefined
    const step = findStep(registry, call.step)
    const input = stepInput(run)
    parseInput(step, input)
    await recordOutcomes(transaction, run, { results: [], intent: attempt })
    return { attempt, input }
  })
}

async function finishCall(
  { db, registry }: ActivityDependencies,
  call: StepCall,
  { attempt, input }: BegunCall,
): Promise<Resolved | undefined> {
  const step = findStep(registry, call.step)
  const { revision, retries } = attempt
  const result = await withinTime(call.step.timeout, (signal) =>
    executeExternally(
      step,
      stepContext(registry, { ...call, stepId: step.id, revision, retries, signal }),
      input,
      attempt,
    ),
  )
  // It happened: whatever keeps that from being put on record, it must be looked up before it is done again.
  attempt.outcomeUnknown = true
  return commitOutcome(db, async (transaction) => {
    const run = await lockRun(transaction, call.runId)
    const entry = run.entries.get(step.id)
    // This was committed unnoticed, or a newer attempt has found what this one did by its look-up.
    if (entry?.status === 'done') return resolvedOf(run)
    if (entry?.attemptToken !== attempt.token || (await isEnding(transaction, run))) throw superseded()
    if (step.placement !== 'transactional')
      await step.record?.({ transaction }, parseInput(step, input), result.output)
    return recordOutcomes(transaction, run, { results: [{ attempt, result }] })
  })
}

/**
 * What this attempt did, the newer one finds by its look-up. Should Temporal still wait for this one, because the newer is
 * one that it gave up on and that woke up late, then the step has to be tried again: `done` would be said too early.
 */
function superseded(): ApplicationFailure {
  return ApplicationFailure.retryable(attemptSuperseded.message, attemptSuperseded.code)
}
