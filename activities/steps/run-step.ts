import { lockRun } from '../../domain/runs/step-journal.ts'
import type { Resolved, StepCall } from '../../workflows/contract.ts'
import { type Attempt, isEnding, openAttempt, recordOutcomes, superseded } from './attempt.ts'
import { executeExternally, executeInTransaction, findStep } from './execute.ts'
import { reportFailure } from './report-failure.ts'
import { commitOutcome } from './commit-outcome.ts'
import { resolvedBefore, resolvedOf } from './held-completion.ts'
import { type ActivityDependencies, stepContext, withinTime } from './step-context.ts'
import { parseInput, stepInput } from './step-input.ts'

/** An attempt of an external step whose intent is recorded, with the step's input. */
export interface BegunCall {
  attempt: Attempt
  input: unknown
}

/**
 * Runs one attempt of a step. All step activities share this function. A step that is done is not run again. The effect of a
 * transactional step commits together with its journal entry. An external step records its intent before its call and its result
 * after it.
 * @param begun an attempt of an external step whose intent is recorded already.
 * @returns undefined, or what the step journal adds to "done".
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
      const context = stepContext(registry, attempt, signal)
      const result = await executeInTransaction(step, context, transaction, stepInput(step, run))
      return recordOutcomes(transaction, run, { results: [{ attempt, result }] })
    }),
  )
}

async function beginCall(
  { db, registry }: ActivityDependencies,
  call: StepCall,
): Promise<BegunCall | undefined> {
  return db.transaction().execute(async (transaction) => {
    const run = await lockRun(transaction, call.runId)
    const attempt = await openAttempt(transaction, run, call.step)
    if (attempt === 'done') return undefined
    const step = findStep(registry, call.step)
    const input = stepInput(step, run)
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
  const result = await withinTime(call.step.timeout, (signal) =>
    executeExternally(step, stepContext(registry, attempt, signal), input, attempt),
  )
  // The call succeeded. If its result cannot be recorded, the next attempt must look it up before it calls again.
  attempt.outcomeUnknown = true
  return commitOutcome(db, async (transaction) => {
    const run = await lockRun(transaction, call.runId)
    const entry = run.entries.get(step.id)
    // An earlier commit succeeded although its answer was lost, or a newer attempt looked up this call.
    if (entry?.status === 'done') return resolvedOf(run)
    if (entry?.attemptToken !== attempt.token || (await isEnding(transaction, run))) throw superseded()
    if (step.placement !== 'transactional')
      await step.record?.({ transaction }, parseInput(step, input), result.output)
    return recordOutcomes(transaction, run, { results: [{ attempt, result }] })
  })
}
