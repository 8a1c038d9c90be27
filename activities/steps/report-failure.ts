import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity'
import type { Transaction } from 'kysely'
import type { RecordedError } from '../../domain/database/tables/run-tables.ts'
import type { Database } from '../../domain/database/tables.ts'
import { refuseOvertaken } from '../../domain/decisions/take-decision.ts'
import { judgeRetry } from '../../domain/errors/error-class.ts'
import { isCorrectable } from '../../domain/runs/run-requests.ts'
import { lockRun, type LockedRun, record, type JournalEntry } from '../../domain/runs/step-journal.ts'
import { canBeAsked } from '../../plugins/registry.ts'
import type { Step } from '../../plugins/plugin-contract.ts'
import { kindOf, type ReportedFailure, type StepCall } from '../../workflows/contract.ts'
import { type Attempt, isEnding } from './attempt.ts'
import { classify } from './classify.ts'
import { commitOutcome } from './commit-outcome.ts'
import { logAttention, logFailedAttempt } from './log-failure.ts'
import { type ActivityDependencies, workflowRunId } from './step-context.ts'

/** What was being attempted. `begun` is the attempt whose intent is in the journal already. */
export type Doing = { doing: 'execute'; begun: Attempt | undefined } | { doing: 'undo' }

/**
 * Writes a failed attempt into the journal, with what its class decides, and makes the failure that Temporal sees.
 * When the journal can't be reached, or another attempt is its business now, the failure says so by `recorded: false` and
 * the workflow records it later, if it still waits for this attempt.
 * @returns undefined when the step is finished in the journal already: then nothing has failed, whatever this attempt met.
 */
export async function reportFailure(
  dependencies: ActivityDependencies,
  call: StepCall,
  doing: Doing,
  error: unknown,
): Promise<Error | undefined> {
  // Already in Temporal's terms: nothing about the step itself.
  if (error instanceof ApplicationFailure || error instanceof CancelledFailure) return error
  const { retryAfter, ...classified } = classify(error)
  const failure: RecordedError = { ...classified, retry: judgeRetry(classified, situationOf(doing)) }
  const { isLocal, attempt } = Context.current().info
  // A first try in the workflow's own task is followed by an activity with attempts of its own.
  const last = !isLocal && attempt >= call.step.retry.maximumAttempts
  const needsPerson = failure.class !== 'retryable' || last
  const { fate, attempts } = await recordFailure(dependencies, call, doing, { failure, needsPerson }).catch(
    (): Recorded => ({ fate: 'unrecorded' }),
  )
  if (fate === 'finished') return undefined
  const { runId, step } = call
  const facts = { runId, stepId: step.id, doing: doing.doing, attempts, failure, ...origin(error) }
  if (fate === 'needs_attention') logAttention(dependencies.logger, facts)
  else logFailedAttempt(dependencies.logger, { ...facts, fate })
  const { fields: _, ...summary } = failure
  const report: ReportedFailure = {
    ...summary,
    ...(attempts === undefined ? {} : { attempts }),
    recorded: needsPerson && (fate === 'needs_attention' || fate === 'refused'),
    refused: fate === 'refused',
  }
  return ApplicationFailure.create({
    message: failure.message,
    type: failure.code,
    nonRetryable: failure.class !== 'retryable',
    details: [report],
    ...(retryAfter === undefined ? {} : { nextRetryDelay: retryAfter }),
  })
}

function situationOf({ doing }: Doing): Parameters<typeof judgeRetry>[1] {
  if (doing === 'undo') return 'undo'
  return isCorrectable(kindOf(Context.current().info.workflowType ?? '')) ? 'correctable' : 'fixed'
}

/** What became of a failed attempt; without `attempts` when the journal did not answer. */
interface Recorded {
  fate: 'needs_attention' | 'tried_again' | 'refused' | 'superseded' | 'finished' | 'unrecorded'
  attempts?: number
}

/** The report that `reportFailure` attached to a failure, or undefined when it is about something else. */
export function reportOf(error: unknown): ReportedFailure | undefined {
  if (!(error instanceof ApplicationFailure)) return undefined
  return error.details?.[0] as ReportedFailure | undefined
}

async function recordFailure(
  dependencies: ActivityDependencies,
  call: StepCall,
  doing: Doing,
  outcome: { failure: RecordedError; needsPerson: boolean },
): Promise<Recorded> {
  const { db } = dependencies
  const begun = doing.doing === 'execute' ? doing.begun : undefined
  const write = async (transaction: Transaction<Database>): Promise<Recorded> => {
    const run = await lockRun(transaction, call.runId)
    const entry = run.entries.get(call.step.id)
    const attempts = begun?.number ?? (entry?.attempts ?? 0) + 1
    if (entry?.status === (doing.doing === 'undo' ? 'compensated' : 'done'))
      return { fate: 'finished', attempts }
    if (begun !== undefined && entry?.attemptToken !== begun.token) return { fate: 'superseded', attempts }
    if (doing.doing === 'execute' && (await isEnding(transaction, run)))
      return { fate: 'superseded', attempts }
    const { failure } = outcome
    const refused = doing.doing === 'execute' && failure.class === 'terminal' && nothingDone(run)
    await record(transaction, run, {
      steps: [
        {
          stepId: call.step.id,
          revision: entry?.revision ?? 1,
          status: outcome.needsPerson ? 'needs_attention' : 'retrying',
          attempts,
          intentAt: intentAfter(failure, { entry, begun, step: dependencies.registry.step(call.step) }),
          startedAt: begun?.startedAt ?? new Date(),
          finishedAt: null,
          error: failure,
        },
      ],
      run: {
        status: refused ? 'failed' : outcome.needsPerson ? 'needs_attention' : stillOpen(run),
        workflowRunId: workflowRunId(),
      },
    })
    if (refused)
      await refuseOvertaken(
        transaction,
        call.runId,
        'The request was refused before the run received the decision.',
      )
    return { fate: refused ? 'refused' : outcome.needsPerson ? 'needs_attention' : 'tried_again', attempts }
  }
  return begun === undefined ? db.transaction().execute(write) : commitOutcome(db, write)
}

/**
 * Only an outcome that is known ends the intent; an unknown one is looked up by the next attempt, or before anything is
 * undone. An attempt that did not come as far as its call knows nothing about an earlier one. A call that may be repeated
 * because its key makes that safe may have had its effect all the same, so where the provider can be asked, it is.
 */
function intentAfter(
  failure: RecordedError,
  {
    entry,
    begun,
    step,
  }: { entry: JournalEntry | undefined; begun: Attempt | undefined; step: Step | undefined },
): Date | null {
  if (begun === undefined) return entry?.intentAt ?? null
  const askable = step !== undefined && canBeAsked(step)
  const unknown =
    begun.outcomeUnknown || failure.class === 'unknown_outcome' || (failure.class === 'retryable' && askable)
  return unknown ? begun.startedAt : null
}

function nothingDone(run: LockedRun): boolean {
  return [...run.entries.values()].every((entry) => entry.status !== 'done' && entry.intentAt === null)
}

function stillOpen(run: LockedRun) {
  return run.status === 'accepted' ? 'running' : run.status
}

/** Where an unrecognised error came from, without its message: that may quote personal data. */
function origin(error: unknown): { errorName?: string; at?: string } {
  if (!(error instanceof Error)) return {}
  const at = error.stack?.split('\n').find((line) => line.trimStart().startsWith('at '))
  return { errorName: error.name, ...(at === undefined ? {} : { at: at.trim() }) }
}
