import { randomUUID } from 'node:crypto'
import type { Transaction } from 'kysely'
import type { OnboardingStatus, RecordedError, StepStatus } from '../../domain/database/tables/run-tables.ts'
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
  lockOnboarding,
  type LockedOnboarding,
  record,
  statusesOf,
  statusFrom,
  type StepChange,
  type StepRun,
} from '../../domain/runs/step-journal.ts'
import type { AttentionOutcome, RecordedEnding, Settled } from '../../workflows/contract.ts'
import { canBeAsked } from '../../plugins/registry.ts'
import type { Step } from '../../plugins/plugin-contract.ts'
import { logAttention } from './log-failure.ts'
import { settledOf } from './held-completion.ts'
import { type ActivityDependencies, workflowRunId } from './step-context.ts'
import { invalidStepInput } from './step-input.ts'

type Phase = 'running' | 'cancelling'

interface StepReference {
  onboardingId: string
  stepId: string
}

/** What the workflow tells the ledger. Each is harmless when repeated. */
export function createBookkeeping({ db, registry, logger }: ActivityDependencies) {
  const onLocked = <Result>(
    onboardingId: string,
    body: (transaction: Transaction<Database>, onboarding: LockedOnboarding) => Promise<Result>,
  ): Promise<Result> =>
    db
      .transaction()
      .execute(async (transaction) => body(transaction, await lockOnboarding(transaction, onboardingId)))

  return {
    /**
     * A step is stuck for a reason that the step itself could not record, such as a worker that never answered.
     * @returns `finished` when the ledger knows better: the worker had finished the step, and could not say so any more.
     */
    'record-attention': async (
      call: StepReference & { failure: RecordedError },
    ): Promise<AttentionOutcome> => {
      const recorded = await onLocked(call.onboardingId, (transaction, onboarding) =>
        askForPerson(transaction, onboarding, call),
      )
      if (recorded.outcome === 'recorded') logAttention(logger, { ...call, attempts: recorded.attempts })
      return recorded
    },

    /** A person asked for another try, with a correction of the request if the decision has one. */
    'record-retry': (call: StepReference & { phase: Phase }, decision: TakenDecision) =>
      onLocked(call.onboardingId, async (transaction, onboarding) => {
        const run = onboarding.runs.get(call.stepId)
        const { repeated, correction: asked } = await take(transaction, call, decision, run)
        if (repeated || run?.status !== 'needs_attention') return
        const undoing = call.phase === 'cancelling'
        const status = undoing && run.output !== null ? 'done' : 'pending'
        const planned = onboarding.plan.find(({ id }) => id === call.stepId)
        const intentAt = mayBeDoneAgain(run, planned && registry.step(planned)) ? null : run.intentAt
        const step = {
          ...keep(onboarding, call.stepId),
          status,
          retries: run.retries + (askedByStep(run) ? 1 : 0),
          intentAt,
          error: null,
          finishedAt: null,
        } as const
        const correction = asked && (await correct(transaction, onboarding, step, asked))
        await record(transaction, onboarding, {
          steps: [correction?.step ?? step],
          onboarding: {
            status: undoing ? 'cancelling' : statusAfter(onboarding, call.stepId, status),
            request: correction?.request,
          },
        })
      }),

    /** A person goes on without a step. While the run is undone that means: what the step did stays, they see to it. */
    'record-skip': (
      call: StepReference & { phase: Phase },
      decision: TakenDecision,
    ): Promise<Settled | undefined> =>
      onLocked(call.onboardingId, async (transaction, onboarding) => {
        const run = onboarding.runs.get(call.stepId)
        const { repeated } = await take(transaction, call, decision, run)
        if (repeated) return settledOf(onboarding)
        const left = call.phase === 'cancelling'
        const status = left ? (run?.output == null ? 'pending' : 'done') : 'skipped'
        const stands = await record(transaction, onboarding, {
          steps: [
            {
              ...keep(onboarding, call.stepId),
              status,
              error: left ? null : (run?.error ?? null),
              finishedAt: new Date(),
            },
          ],
          onboarding: { status: left ? 'cancelling' : statusAfter(onboarding, call.stepId, status) },
        })
        const statuses = statusesOf(onboarding).set(call.stepId, status)
        return settledOf(onboarding, { status: stands, statuses })
      }),

    /**
     * A run is cancelled, or was; or it is completed, though a cancel was written down, because that has not reached it.
     * @returns `completed` or `failed` when a cancel was too late: it had ended so before the cancel reached it, and people were
     * told. Then it stays so, and the decision is refused.
     */
    'record-ending': (
      call: { onboardingId: string; status: Exclude<RecordedEnding, 'failed'> },
      decision?: TakenDecision,
    ): Promise<RecordedEnding> =>
      onLocked(call.onboardingId, async (transaction, onboarding) => {
        const { status } = onboarding
        const stands = status === 'completed' || status === 'failed' ? status : call.status
        if (stands === 'completed' || stands === 'failed') {
          const reason = `It was ${stands} before the cancel reached it.`
          await refuseOvertaken(transaction, call.onboardingId, reason)
          const decided = { ...onboarding, cancelAsked: false }
          await record(transaction, decided, { onboarding: { status: stands } })
          return stands
        }
        if (decision !== undefined && (await take(transaction, call, decision)).repeated) return call.status
        await refuseOvertaken(
          transaction,
          call.onboardingId,
          'The run was cancelled before it acted on this.',
        )
        const steps = call.status === 'cancelling' ? cancelledAt(onboarding) : []
        await record(transaction, onboarding, { steps, onboarding: { status: call.status } })
        return call.status
      }),
  }
}

/** Notes that the decision is acted on: on a step, or on the run as a whole. */
function take(
  transaction: Transaction<Database>,
  { onboardingId, stepId }: Partial<StepReference> & { onboardingId: string },
  decision: TakenDecision,
  run?: StepRun,
): Promise<Taking> {
  const revision = run?.revision ?? null
  const of = { onboardingId, stepId, workflowRunId: workflowRunId(), revision }
  return takeDecision(transaction, decision, of)
}

/** A correction opens a new revision of the step, so that a provider never sees one key with two bodies. */
async function correct(
  transaction: Transaction<Database>,
  onboarding: LockedOnboarding,
  step: StepChange,
  asked: AskedCorrection,
): Promise<{ step: StepChange; request: LockedOnboarding['request'] }> {
  const { request, changes } = applyChanges(onboarding.request, asked.changes)
  const revision = step.revision + 1
  await recordCorrection(transaction, asked.decisionId, { changes, revision })
  return { step: { ...step, revision, attempts: 0, intentAt: null }, request }
}

async function askForPerson(
  transaction: Transaction<Database>,
  onboarding: LockedOnboarding,
  { stepId, failure }: StepReference & { failure: RecordedError },
): Promise<AttentionOutcome> {
  const run = keep(onboarding, stepId)
  if (isFinished(onboarding, stepId)) return { outcome: 'finished', attempts: run.attempts }
  await record(transaction, onboarding, {
    steps: [
      {
        ...run,
        status: 'needs_attention',
        // The attempt that nobody waits for any more may yet wake up, and must not decide instead of the person.
        attemptToken: randomUUID(),
        error: failure,
        finishedAt: null,
      },
    ],
    onboarding: { status: 'needs_attention' },
  })
  return { outcome: 'recorded', attempts: run.attempts }
}

/** Done, or undone where that is what is being done. */
function isFinished(onboarding: LockedOnboarding, stepId: string): boolean {
  const status = onboarding.runs.get(stepId)?.status
  return status === 'compensated' || (status === 'done' && onboarding.status !== 'cancelling')
}

/** Whether it was the step that asked for a person: mending a worker, or a field, must not pass for an approval. */
function askedByStep({ error }: StepRun): boolean {
  return error?.class === 'needs_input' && error.code !== invalidStepInput
}

/**
 * Where nobody but the person can tell what happened, and they were told so, asking again means: do it again. A step that
 * this worker does not have is left to one that has it.
 */
function mayBeDoneAgain(run: StepRun, step: Step | undefined): boolean {
  return run.error?.class === 'unknown_outcome' && step !== undefined && !canBeAsked(step)
}

/** Nobody works or decides any more on where a run was when it was cancelled. What there is to undo, undoing finds out. */
function cancelledAt(onboarding: LockedOnboarding): StepChange[] {
  return [...onboarding.runs.values()]
    .filter(({ status }) => status === 'needs_attention' || status === 'retrying' || status === 'running')
    .map(({ stepId, output, error }) => ({
      ...keep(onboarding, stepId),
      status: output === null ? ('pending' as const) : ('done' as const),
      error,
      finishedAt: null,
    }))
}

/** The step's row as it is. */
function keep(
  onboarding: LockedOnboarding,
  stepId: string,
): Pick<StepRun, 'revision' | 'attempts' | 'intentAt'> & { stepId: string } {
  const run = onboarding.runs.get(stepId)
  return {
    stepId,
    revision: run?.revision ?? 1,
    attempts: run?.attempts ?? 0,
    intentAt: run?.intentAt ?? null,
  }
}

/** One stuck step was decided on: the onboarding is as its other steps are. */
function statusAfter(onboarding: LockedOnboarding, stepId: string, status: StepStatus): OnboardingStatus {
  return statusFrom(onboarding.plan, statusesOf(onboarding).set(stepId, status))
}
