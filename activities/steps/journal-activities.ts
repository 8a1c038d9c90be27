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
import type { Activities, StepReference } from '../../workflows/activity-types.ts'
import type { AttentionOutcome, FailureSummary } from '../../workflows/contract.ts'
import { canBeAsked } from '../../plugins/registry.ts'
import type { Step } from '../../plugins/plugin-contract.ts'
import { logAttention } from './log-failure.ts'
import { resolvedOf } from './held-completion.ts'
import { type ActivityDependencies, workflowRunId } from './step-context.ts'
import { invalidStepInput } from '../errors.ts'

/** What the workflow tells the journal: see `Activities`. */
export function createBookkeeping({ db, registry, logger }: ActivityDependencies) {
  const onLocked = <Result>(
    runId: string,
    body: (transaction: Transaction<Database>, run: LockedRun) => Promise<Result>,
  ): Promise<Result> =>
    db.transaction().execute(async (transaction) => body(transaction, await lockRun(transaction, runId)))

  return {
    'record-attention': async (call) => {
      const recorded = await onLocked(call.runId, (transaction, run) => askForPerson(transaction, run, call))
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
          ...keep(run, call.stepId),
          status,
          retries: entry.retries + (askedByStep(entry) ? 1 : 0),
          intentAt,
          error: null,
          finishedAt: null,
        } as const
        const correction = asked && (await correct(transaction, run, step, asked))
        await record(transaction, run, {
          steps: [correction?.step ?? step],
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
        const left = call.phase === 'cancelling'
        const status = left ? (entry?.output == null ? 'pending' : 'done') : 'skipped'
        const stands = await record(transaction, run, {
          steps: [
            {
              ...keep(run, call.stepId),
              status,
              error: left ? null : (entry?.error ?? null),
              finishedAt: new Date(),
            },
          ],
          run: { status: left ? 'cancelling' : statusAfter(run, call.stepId, status) },
        })
        const statuses = statusesOf(run).set(call.stepId, status)
        return resolvedOf(run, { status: stands, statuses })
      }),

    'record-ending': (call, decision?) =>
      onLocked(call.runId, async (transaction, run) => {
        const { status } = run
        const stands = status === 'completed' || status === 'failed' ? status : call.status
        if (stands === 'completed' || stands === 'failed') {
          const reason = `It was ${stands} before the cancel reached it.`
          await refuseOvertaken(transaction, call.runId, reason)
          const decided = { ...run, cancelAsked: false }
          await record(transaction, decided, { run: { status: stands } })
          return stands
        }
        if (decision !== undefined && (await take(transaction, call, decision)).repeated) return call.status
        await refuseOvertaken(
          transaction,
          call.runId,
          'The run was cancelled before it received the decision.',
        )
        const steps = call.status === 'cancelling' ? cancelledAt(run) : []
        await record(transaction, run, { steps, run: { status: call.status } })
        return call.status
      }),
  } satisfies Partial<Activities>
}

/** Notes that the decision is acted on: on a step, or on the run as a whole. */
function take(
  transaction: Transaction<Database>,
  { runId, stepId }: Partial<StepReference> & { runId: string },
  decision: TakenDecision,
  entry?: JournalEntry,
): Promise<Taking> {
  const revision = entry?.revision ?? null
  const of = { runId, stepId, workflowRunId: workflowRunId(), revision }
  return takeDecision(transaction, decision, of)
}

/** A correction opens a new revision of the step, so that a provider never sees one key with two bodies. */
async function correct(
  transaction: Transaction<Database>,
  run: LockedRun,
  step: StepChange,
  asked: AskedCorrection,
): Promise<{ step: StepChange; request: LockedRun['request'] }> {
  const { request, changes } = applyChanges(run.request, asked.changes)
  const revision = step.revision + 1
  await recordCorrection(transaction, asked.decisionId, { changes, revision })
  return { step: { ...step, revision, attempts: 0, intentAt: null }, request }
}

async function askForPerson(
  transaction: Transaction<Database>,
  run: LockedRun,
  { stepId, failure }: StepReference & { failure: FailureSummary },
): Promise<AttentionOutcome> {
  const entry = keep(run, stepId)
  if (isFinished(run, stepId)) return { outcome: 'finished', attempts: entry.attempts }
  await record(transaction, run, {
    steps: [
      {
        ...entry,
        status: 'needs_attention',
        // The attempt that nobody waits for any more may yet wake up, and must not decide instead of the person.
        attemptToken: randomUUID(),
        error: failure,
        finishedAt: null,
      },
    ],
    run: { status: 'needs_attention' },
  })
  return { outcome: 'recorded', attempts: entry.attempts }
}

/** Done, or undone where that is what is being done. */
function isFinished(run: LockedRun, stepId: string): boolean {
  const status = run.entries.get(stepId)?.status
  return status === 'compensated' || (status === 'done' && run.status !== 'cancelling')
}

/** Whether it was the step that asked for a person: mending a worker, or a field, must not pass for an approval. */
function askedByStep({ error }: JournalEntry): boolean {
  return error?.class === 'needs_input' && error.code !== invalidStepInput.code
}

/**
 * Where nobody but the person can tell what happened, and they were told so, asking again means: do it again. A step that
 * this worker does not have is left to one that has it.
 */
function mayBeDoneAgain(entry: JournalEntry, step: Step | undefined): boolean {
  return entry.error?.class === 'unknown_outcome' && step !== undefined && !canBeAsked(step)
}

/** Nobody works or decides any more on where a run was when it was cancelled. What there is to undo, undoing finds out. */
function cancelledAt(run: LockedRun): StepChange[] {
  return [...run.entries.values()]
    .filter(({ status }) => status === 'needs_attention' || status === 'retrying' || status === 'running')
    .map(({ stepId, output, error }) => ({
      ...keep(run, stepId),
      status: output === null ? ('pending' as const) : ('done' as const),
      error,
      finishedAt: null,
    }))
}

/** The step's row as it is. */
function keep(
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

/** One stuck step was decided on: the run is as its other steps are. */
function statusAfter(run: LockedRun, stepId: string, status: StepStatus): RunStatus {
  return statusFrom(run.plan, statusesOf(run).set(stepId, status))
}
