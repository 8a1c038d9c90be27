import { randomUUID } from 'node:crypto'
import type { Transaction } from 'kysely'
import type { Database } from '../../domain/database/tables.ts'
import { lockRun, type LockedRun, record, type JournalEntry } from '../../domain/runs/step-journal.ts'
import {
  inTransaction,
  type InTransaction,
  type Step,
  type StepContext,
  stepError,
} from '../../plugins/plugin-contract.ts'
import type { StepCall } from '../../workflows/contract.ts'
import { undoOutcomeUnknown } from '../errors.ts'
import { findStep, lookUp } from './execute.ts'
import { reportFailure } from './report-failure.ts'
import { asRecord, superseded } from './attempt.ts'
import { type ActivityDependencies, stepContext, withinTime } from './step-context.ts'
import { parseInput, stepInput } from './step-input.ts'
import { parseOutput } from './step-output.ts'

/** A step with an effect, or with a call whose outcome is unknown. */
interface Undoing {
  step: Step
  entry: JournalEntry
  /** The context of the call that is undone. */
  context: StepContext
  input: unknown
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
    const run = await lockRun(transaction, call.runId)
    const undoing = beginUndo(registry, run, call, signal)
    if (typeof undoing === 'string') return undoing
    const { step, entry, input } = undoing
    if (step.placement === 'external')
      throw new Error(`The external step ${step.id} is not undone in our transaction.`)
    const output = parseOutput(step, entry.output)
    const undone = await step.compensate?.(
      inTransaction(undoContext(undoing), { transaction }),
      input,
      output,
    )
    return finishUndo({ transaction }, run, undoing, { output, undone })
  })

/** The provider is called between two transactions: one that hangs would keep the row of the run and a connection. */
const undoExternally: Undo = async ({ db, registry }, call, signal) => {
  const undoing = await db
    .transaction()
    .execute(async (transaction) => beginUndo(registry, await lockRun(transaction, call.runId), call, signal))
  if (typeof undoing === 'string') return undoing
  const done = await callProvider(undoing)
  return db.transaction().execute(async (transaction) => {
    const run = await lockRun(transaction, call.runId)
    const entry = run.entries.get(call.step.id)
    // Another attempt may have undone the step meanwhile, and the run may have ended.
    if (entry?.status === 'compensated') return 'compensated'
    if (!isSameCall(undoing.entry, entry)) throw superseded()
    return done === undefined
      ? recordAbsence(transaction, run, undoing)
      : finishUndo({ transaction }, run, undoing, done)
  })
}

/** Finds out what the step did. @returns a string if there is nothing to undo. */
function beginUndo(
  registry: ActivityDependencies['registry'],
  run: LockedRun,
  call: StepCall,
  signal: AbortSignal,
): Undoing | 'compensated' | 'kept' {
  const entry = run.entries.get(call.step.id)
  if (entry?.status === 'compensated') return 'compensated'
  // This comes first: a step without an effect needs no undo, even if this worker does not have the step.
  if (entry === undefined || (entry.output === null && entry.intentAt === null)) return 'kept'
  const step = findStep(registry, call.step)
  if (step.compensate === undefined) return 'kept'
  const { revision, retries, attempts } = entry
  const attempt = { run, planned: call.step, revision, retries, number: attempts + 1 }
  const context = stepContext(registry, attempt, signal)
  return { step, entry, context, input: parseInput(step, stepInput(step, run)) }
}

/** What was undone: the output of the step, and the answer of `compensate`, which replaces it if there is one. */
interface Undone {
  output: unknown
  undone: unknown
}

/** Looks up a call whose answer was lost, and undoes its effect. @returns undefined if the call had none. */
async function callProvider(undoing: Undoing): Promise<Undone | undefined> {
  const { step, entry, context, input } = undoing
  if (step.placement === 'transactional')
    throw new Error(`The transactional step ${step.id} needs our transaction.`)
  const found = entry.output ?? (await lookUpOutput(step, context, input))
  if (found === undefined) return undefined
  const output = parseOutput(step, found)
  return { output, undone: await step.compensate?.(undoContext(undoing), input, output) }
}

/** Looks up the output of a call whose answer was lost. @returns undefined if the call had no effect. */
async function lookUpOutput(step: Step, context: StepContext, input: unknown): Promise<unknown> {
  const found = await lookUp(step, context, input)
  if (found.outcome === 'happened' || found.outcome === 'either') return found.result.output
  if (found.outcome === 'absent') return undefined
  throw stepError(undoOutcomeUnknown, { parameters: { title: step.title } })
}

function undoContext({ context }: Undoing): StepContext {
  return { ...context, idempotencyKey: `${context.idempotencyKey}:undo` }
}

/** Whether the journal still has the call that was undone. A new token means that this attempt was given up on. */
function isSameCall(before: JournalEntry, now: JournalEntry | undefined): boolean {
  if (now?.revision !== before.revision || now.attemptToken !== before.attemptToken) return false
  return (now.output === null) === (before.output === null)
}

async function recordAbsence(
  transaction: Transaction<Database>,
  run: LockedRun,
  { entry: { stepId, revision, attempts, error } }: Undoing,
): Promise<'kept'> {
  await record(transaction, run, {
    steps: [{ stepId, revision, attempts, error, status: 'pending', intentAt: null, finishedAt: null }],
  })
  return 'kept'
}

async function finishUndo(
  context: InTransaction,
  run: LockedRun,
  { step, entry, input }: Undoing,
  { output, undone }: Undone,
): Promise<'compensated'> {
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
