import { randomUUID } from 'node:crypto'
import type { Transaction } from 'kysely'
import type { RunStatus, StepStatus } from '../../domain/database/tables/run-tables.ts'
import type { Database } from '../../domain/database/tables.ts'
import type { TakenDecision } from '../../domain/decisions/decision.ts'
import {
  type AskedCorrection,
  recordCorrection,
  refuseOvertaken,
  takeDecision,
  type Taking,
} from '../../domain/decisions/take-decision.ts'
import { newRevisions, type ReadsField } from '../../domain/runs/new-revisions.ts'
import { applyChanges } from '../../domain/runs/request-changes.ts'
import {
  lockRun,
  type LockedRun,
  record,
  statusesOf,
  statusFrom,
  type StepChange,
  type JournalEntry,
} from '../../domain/runs/step-journal.ts'
import type { Activities, StepOfRun } from '../../workflows/activity-types.ts'
import type { AttentionOutcome, FailureSummary } from '../../workflows/contract.ts'
import { hasLookup } from '../../plugins/registry.ts'
import type { Step } from '../../plugins/plugin-contract.ts'
import { logAttention } from './log-failure.ts'
import { resolvedOf } from './held-completion.ts'
import { type ActivityDependencies, workflowRunId } from './step-context.ts'
import { invalidStepInput } from '../errors.ts'

export function createJournalActivities({ db, registry, logger }: ActivityDependencies) {
  const onLocked = <Result>(
    runId: string,
    body: (transaction: Transaction<Database>, run: LockedRun) => Promise<Result>,
  ): Promise<Result> =>
    db.transaction().execute(async (transaction) => body(transaction, await lockRun(transaction, runId)))

  return {
    'record-attention': async (call) => {
      const recorded = await onLocked(call.runId, (transaction, run) =>
        recordAttention(transaction, run, call),
      )
      if (recorded.outcome === 'recorded') logAttention(logger, { ...call, attempts: recorded.attempts })
      return recorded
    },

    'record-retry': (call, decision) =>
      onLocked(call.runId, async (transaction, run) => {
        const entry = run.entries.get(call.stepId)
        const { repeated, correction: asked } = await take(transaction, call, decision, entry)
        if (repeated || entry?.status !== 'needs_attention') return
        const undoing = call.phase === 'cancelling'
        const status = undoing && entry.output !== null ? 'done' : 'pending'
        const planned = run.plan.find(({ id }) => id === call.stepId)
        const intentAt = mayBeDoneAgain(entry, planned && registry.step(planned)) ? null : entry.intentAt
        const step = {
          ...unchanged(run, call.stepId),
          status,
          retries: entry.retries + (isAskedByStep(entry) ? 1 : 0),
          intentAt,
          error: null,
          finishedAt: null,
        } as const
        const correction = asked && (await correct(transaction, run, step, asked, registry.reads))
        await record(transaction, run, {
          steps: correction?.steps ?? [step],
          run: {
            status: undoing ? 'cancelling' : statusAfter(run, call.stepId, status),
            request: correction?.request,
          },
        })
      }),

    'record-skip': (call, decision) =>
      onLocked(call.runId, async (transaction, run) => {
        const entry = run.entries.get(call.stepId)
        const { repeated } = await take(transaction, call, decision, entry)
        if (repeated) return resolvedOf(run)
        const undoing = call.phase === 'cancelling'
        const status = undoing ? (entry?.output == null ? 'pending' : 'done') : 'skipped'
        const runStatus = await record(transaction, run, {
          steps: [
            {
              ...unchanged(run, call.stepId),
              status,
              error: undoing ? null : (entry?.error ?? null),
              finishedAt: new Date(),
            },
          ],
          run: { status: undoing ? 'cancelling' : statusAfter(run, call.stepId, status) },
        })
        const statuses = statusesOf(run).set(call.stepId, status)
        return resolvedOf(run, { status: runStatus, statuses })
      }),

    'record-ending': (call, decision?) =>
      onLocked(call.runId, async (transaction, run) => {
        const { status: before } = run
        const status = before === 'completed' || before === 'failed' ? before : call.status
        if (status === 'completed' || status === 'failed') {
          const reason = `It was ${status} before the cancel reached it.`
          await refuseOvertaken(transaction, call.runId, reason)
          const decided = { ...run, cancelAsked: false }
          await record(transaction, decided, { run: { status } })
          return status
        }
        if (decision !== undefined && (await take(transaction, call, decision)).repeated) return status
        await refuseOvertaken(
          transaction,
          call.runId,
          'The run was cancelled before it received the decision.',
        )
        const steps = status === 'cancelling' ? releasedSteps(run) : []
        await record(transaction, run, { steps, run: { status } })
        return status
      }),
  } satisfies Partial<Activities>
}

function take(
  transaction: Transaction<Database>,
  { runId, stepId }: Partial<StepOfRun> & { runId: string },
  decision: TakenDecision,
  entry?: JournalEntry,
): Promise<Taking> {
  const revision = entry?.revision ?? null
  const of = { runId, stepId, workflowRunId: workflowRunId(), revision }
  return takeDecision(transaction, decision, of)
}

/**
 * Applies a correction. It makes a new revision of the step, and of the other steps that have begun with the old values, so that a
 * provider never gets one key with two bodies.
 */
async function correct(
  transaction: Transaction<Database>,
  run: LockedRun,
  step: StepChange,
  asked: AskedCorrection,
  reads: ReadsField,
): Promise<{ steps: StepChange[]; request: LockedRun['request'] }> {
  const { request, changes } = applyChanges(run.request, asked.changes)
  const revision = step.revision + 1
  await recordCorrection(transaction, asked.decisionId, { changes, revision })
  const others = newRevisions(run, changes, reads) ?? []
  const steps = others.filter(({ stepId }) => stepId !== step.stepId)
  return { steps: [{ ...step, revision, attempts: 0, intentAt: null }, ...steps], request }
}

async function recordAttention(
  transaction: Transaction<Database>,
  run: LockedRun,
  { stepId, failure }: StepOfRun & { failure: FailureSummary },
): Promise<AttentionOutcome> {
  const entry = unchanged(run, stepId)
  if (isFinished(run, stepId)) return { outcome: 'finished', attempts: entry.attempts }
  await record(transaction, run, {
    steps: [
      {
        ...entry,
        status: 'needs_attention',
        // The attempt that was given up on may continue later. With a new token here, it cannot record anything.
        attemptToken: randomUUID(),
        error: failure,
        finishedAt: null,
      },
    ],
    run: { status: 'needs_attention' },
  })
  return { outcome: 'recorded', attempts: entry.attempts }
}

/** Whether the step is undone, or is done in a run that is not being undone. */
function isFinished(run: LockedRun, stepId: string): boolean {
  const status = run.entries.get(stepId)?.status
  return status === 'compensated' || (status === 'done' && run.status !== 'cancelling')
}

/** Whether the step itself asked for a person. Only then does a retry count as an approval. */
function isAskedByStep({ error }: JournalEntry): boolean {
  return error?.class === 'needs_input' && error.code !== invalidStepInput.code
}

/**
 * Whether a retry makes the call again. This is so for an unknown outcome that cannot be looked up: the person was asked to find
 * out what happened. A worker that does not have the step leaves the intent as it is.
 */
function mayBeDoneAgain(entry: JournalEntry, step: Step | undefined): boolean {
  return entry.error?.class === 'unknown_outcome' && step !== undefined && !hasLookup(step)
}

/** The running and stuck steps of a cancelled run, which are not running or stuck any more. The undo finds out what they did. */
function releasedSteps(run: LockedRun): StepChange[] {
  return [...run.entries.values()]
    .filter(({ status }) => status === 'needs_attention' || status === 'retrying' || status === 'running')
    .map(({ stepId, output, error }) => ({
      ...unchanged(run, stepId),
      status: output === null ? ('pending' as const) : ('done' as const),
      error,
      finishedAt: null,
    }))
}

function unchanged(
  run: LockedRun,
  stepId: string,
): Pick<JournalEntry, 'revision' | 'attempts' | 'intentAt'> & { stepId: string } {
  const entry = run.entries.get(stepId)
  return {
    stepId,
    revision: entry?.revision ?? 1,
    attempts: entry?.attempts ?? 0,
    intentAt: entry?.intentAt ?? null,
  }
}

function statusAfter(run: LockedRun, stepId: string, status: StepStatus): RunStatus {
  return statusFrom(run.plan, statusesOf(run).set(stepId, status))
}
