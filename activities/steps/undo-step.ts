import { randomUUID } from 'node:crypto'
import type { Transaction } from 'kysely'
import type { Database } from '../../domain/database/tables.ts'
import { lockRun, type LockedRun, record, type JournalEntry } from '../../domain/runs/step-journal.ts'
import { type InTransaction, type Step, type StepContext, stepError } from '../../plugins/plugin-contract.ts'
import type { StepCall } from '../../workflows/contract.ts'
import { undoOutcomeUnknown } from '../errors.ts'
import { findStep, lookUp } from './execute.ts'
import { reportFailure } from './report-failure.ts'
import { asRecord } from './attempt.ts'
import { type ActivityDependencies, stepContext, withinTime } from './step-context.ts'
import { parseInput, stepInput } from './step-input.ts'
import { parseOutput } from './step-output.ts'

interface Undoing {
  step: Step
  entry: JournalEntry
  run: LockedRun
  context: StepContext
  input: unknown
  output: unknown
}

/**
 * Undoes one step, if it had an effect. The step journal says so; a call with an unknown outcome is looked up first. A step that is
 * undone is not undone again.
 * @returns `compensated`, or `kept` if there was nothing to undo.
 * @throws ApplicationFailure with a `ReportedFailure`; non-retryable when a person has to decide.
 */
export async function undoStep(
  dependencies: ActivityDependencies,
  call: StepCall,
): Promise<'compensated' | 'kept'> {
  try {
    const undo = call.step.placement === 'transactional' ? undoInTransaction : undoExternally
    return await withinTime(call.step.timeout, (signal) => undo(dependencies, call, signal))
  } catch (error) {
    const failure = await reportFailure(dependencies, call, { doing: 'undo' }, error)
    if (failure === undefined) return 'compensated'
    throw failure
  }
}

type Undo = (
  dependencies: ActivityDependencies,
  call: StepCall,
  signal: AbortSignal,
) => Promise<'compensated' | 'kept'>

const undoInTransaction: Undo = ({ db, registry }, call, signal) =>
  db.transaction().execute(async (transaction) => {
    const undoing = await beginUndo(registry, transaction, call, signal)
    if (typeof undoing === 'string') return undoing
    const { step } = undoing
    if (step.placement === 'external')
      throw new Error(`The external step ${step.id} is not undone in our transaction.`)
    const undone = await step.compensate?.({ ...undoing.context, transaction }, undoing.input, undoing.output)
    return finishUndo({ transaction }, undoing, undone)
  })

const undoExternally: Undo = async ({ db, registry }, call, signal) => {
  const undoing = await db
    .transaction()
    .execute((transaction) => beginUndo(registry, transaction, call, signal))
  if (typeof undoing === 'string') return undoing
  const { step } = undoing
  if (step.placement === 'transactional')
    throw new Error(`The transactional step ${step.id} needs our transaction.`)
  const undone = await step.compensate?.(undoing.context, undoing.input, undoing.output)
  return db.transaction().execute(async (transaction) => {
    const run = await lockRun(transaction, call.runId)
    // Another attempt may have undone the step meanwhile, and the run may have ended.
    if (run.entries.get(step.id)?.status === 'compensated') return 'compensated'
    return finishUndo({ transaction }, { ...undoing, run }, undone)
  })
}

/** Finds out what the step did. @returns a string if there is nothing to undo. */
async function beginUndo(
  registry: ActivityDependencies['registry'],
  transaction: Transaction<Database>,
  call: StepCall,
  signal: AbortSignal,
): Promise<Undoing | 'compensated' | 'kept'> {
  const run = await lockRun(transaction, call.runId)
  const entry = run.entries.get(call.step.id)
  if (entry?.status === 'compensated') return 'compensated'
  // This comes first: a step without an effect needs no undo, even if this worker does not have the step.
  if (entry === undefined || (entry.output === null && entry.intentAt === null)) return 'kept'
  const step = findStep(registry, call.step)
  if (step.compensate === undefined) return 'kept'
  const context = stepContext(registry, {
    ...call,
    stepId: step.id,
    revision: entry.revision,
    retries: entry.retries,
    signal,
  })
  const input = parseInput(step, stepInput(run))
  const output = entry.output ?? (await lookUpOutput(step, context, input))
  if (output === undefined) {
    const { stepId, revision, attempts, error } = entry
    await record(transaction, run, {
      steps: [{ stepId, revision, attempts, error, status: 'pending', intentAt: null, finishedAt: null }],
    })
    return 'kept'
  }
  const undoContext = { ...context, idempotencyKey: `${context.idempotencyKey}:undo` }
  return { step, entry, run, context: undoContext, input, output: parseOutput(step, output) }
}

/** Looks up the output of a call whose answer was lost. @returns undefined if the call had no effect. */
async function lookUpOutput(step: Step, context: StepContext, input: unknown): Promise<unknown> {
  const found = await lookUp(step, context, input)
  if (found.outcome === 'happened' || found.outcome === 'either') return found.result.output
  if (found.outcome === 'absent') return undefined
  throw stepError(undoOutcomeUnknown, { parameters: { title: step.title } })
}

/** @param undone the answer of `compensate`. If there is one, it replaces the output of the step. */
async function finishUndo(context: InTransaction, undoing: Undoing, undone: unknown): Promise<'compensated'> {
  const { step, entry, run, input, output } = undoing
  const left = undone === undefined ? output : parseOutput(step, undone)
  if (step.placement !== 'transactional') await step.unrecord?.(context, input, left)
  await record(context.transaction, run, {
    steps: [
      {
        stepId: entry.stepId,
        revision: entry.revision,
        status: 'compensated',
        attempts: entry.attempts,
        // With a new token, an attempt that continues late cannot record `done`.
        attemptToken: randomUUID(),
        intentAt: null,
        ...(undone === undefined ? {} : { output: asRecord(left) }),
        finishedAt: new Date(),
        error: null,
      },
    ],
  })
  return 'compensated'
}
