import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity'
import type { Transaction } from 'kysely'
import type { RecordedError } from '../../domain/database/tables/run-tables.ts'
import type { Database } from '../../domain/database/tables.ts'
import { refuseOvertaken } from '../../domain/decisions/take-decision.ts'
import { judgeRetry } from '../../domain/errors/error-class.ts'
import { isCorrectable } from '../../domain/runs/run-requests.ts'
import { lockRun, type LockedRun, record, type JournalEntry } from '../../domain/runs/step-journal.ts'
import { hasLookup } from '../../plugins/registry.ts'
import type { Step } from '../../plugins/plugin-contract.ts'
import { kindOf, type ReportedFailure, type StepCall } from '../../workflows/contract.ts'
import { type Attempt, isEnding } from './attempt.ts'
import { classify } from './classify.ts'
import { commitOutcome } from './commit-outcome.ts'
import { logAttention, logFailedAttempt } from './log-failure.ts'
import { type ActivityDependencies, workflowRunId } from './step-context.ts'

export type Doing = { doing: 'execute'; begun: Attempt | undefined } | { doing: 'undo' }

/**
 * Records a failed attempt in the step journal, and creates the failure for Temporal. If the journal cannot be reached, or a newer
 * attempt has taken over, the failure has `recorded: false`, and the workflow records it if it still waits for this attempt.
 * @returns undefined if the step journal says that the step is done or undone already. Then the failure does not count.
 */
export async function reportFailure(
  dependencies: ActivityDependencies,
  call: StepCall,
  doing: Doing,
  error: unknown,
): Promise<Error | undefined> {
  // This error is for Temporal. It is no failure of the step.
  if (error instanceof ApplicationFailure || error instanceof CancelledFailure) return error
  const { retryAfter, ...classified } = classify(error)
  const failure: RecordedError = { ...classified, retry: judgeRetry(classified, situationOf(doing)) }
  const { isLocal, attempt } = Context.current().info
  // After a local activity, the step gets an activity of its own with all its attempts.
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

/** How a failed attempt was recorded. `attempts` is absent if the step journal could not be reached. */
interface Recorded {
  fate: 'needs_attention' | 'tried_again' | 'refused' | 'superseded' | 'finished' | 'unrecorded'
  attempts?: number
}

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
 * The intent after a failed attempt. Null if the outcome of the call is known. Otherwise the next attempt, or the undo, looks up
 * the outcome. An attempt that failed before its call keeps the intent of an earlier one. A retryable failure of a step with a
 * lookup also keeps the intent, because the call may have had its effect.
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
  const outcomeCanBeLookedUp = step !== undefined && hasLookup(step)
  const unknown =
    begun.outcomeUnknown ||
    failure.class === 'unknown_outcome' ||
    (failure.class === 'retryable' && outcomeCanBeLookedUp)
  return unknown ? begun.startedAt : null
}

function nothingDone(run: LockedRun): boolean {
  return [...run.entries.values()].every((entry) => entry.status !== 'done' && entry.intentAt === null)
}

function stillOpen(run: LockedRun) {
  return run.status === 'accepted' ? 'running' : run.status
}

/** The name and the place of an error. Its message is left out, because it may contain personal data. */
function origin(error: unknown): { errorName?: string; at?: string } {
  if (!(error instanceof Error)) return {}
  const at = error.stack?.split('\n').find((line) => line.trimStart().startsWith('at '))
  return { errorName: error.name, ...(at === undefined ? {} : { at: at.trim() }) }
}
