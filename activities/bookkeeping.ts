import type { Transaction } from 'kysely'
import type { Database, OnboardingStatus, RecordedError, StepStatus } from '../domain/database/tables.ts'
import {
  lockOnboarding,
  type LockedOnboarding,
  noteReason,
  record,
  statusFrom,
  type StepRun,
} from '../domain/step-ledger.ts'
import { invalidStepInput } from './classify.ts'
import type { Step } from '../plugins/contract.ts'
import type { ActivityDependencies } from './step-context.ts'

interface StepReference {
  onboardingId: string
  stepId: string
}

/** What the workflow tells the ledger. Each is harmless when repeated. */
export function createBookkeeping({ db, registry }: ActivityDependencies) {
  const onLocked = <Result>(
    onboardingId: string,
    body: (transaction: Transaction<Database>, onboarding: LockedOnboarding) => Promise<Result>,
  ): Promise<Result> =>
    db
      .transaction()
      .execute(async (transaction) => body(transaction, await lockOnboarding(transaction, onboardingId)))

  return {
    /** A step is stuck for a reason that the step itself could not record, such as a worker that never answered. */
    'record-attention': (call: StepReference & { failure: RecordedError }) =>
      onLocked(call.onboardingId, (transaction, onboarding) =>
        record(transaction, onboarding, {
          steps: [
            {
              ...keep(onboarding, call.stepId),
              status: 'needs_attention',
              error: call.failure,
              finishedAt: null,
            },
          ],
          onboarding: { status: 'needs_attention' },
        }),
      ),

    /** A person asked for another try. */
    'record-retry': (call: StepReference & { phase: 'running' | 'cancelling' }) =>
      onLocked(call.onboardingId, async (transaction, onboarding) => {
        const run = onboarding.runs.get(call.stepId)
        if (run?.status !== 'needs_attention') return
        const undoing = call.phase === 'cancelling'
        const status = undoing && run.output !== null ? 'done' : 'pending'
        const planned = onboarding.plan.find(({ id }) => id === call.stepId)
        const step = planned === undefined ? undefined : registry.step(planned)
        const intentAt = mayBeDoneAgain(run, step) ? null : run.intentAt
        await record(transaction, onboarding, {
          steps: [
            {
              ...keep(onboarding, call.stepId),
              status,
              retries: run.retries + (askedByStep(run) ? 1 : 0),
              intentAt,
              error: null,
              finishedAt: null,
            },
          ],
          onboarding: { status: undoing ? 'cancelling' : statusAfter(onboarding, call.stepId, status) },
        })
      }),

    'record-skip': (call: StepReference & { reason?: string }) =>
      onLocked(call.onboardingId, async (transaction, onboarding) => {
        await record(transaction, onboarding, {
          steps: [
            {
              ...keep(onboarding, call.stepId),
              status: 'skipped',
              error: onboarding.runs.get(call.stepId)?.error ?? null,
              finishedAt: new Date(),
            },
          ],
          onboarding: { status: statusAfter(onboarding, call.stepId, 'skipped') },
        })
        if (call.reason !== undefined) await noteReason(transaction, { ...call, reason: call.reason })
      }),

    'record-ending': (call: { onboardingId: string; status: 'cancelling' | 'cancelled' }) =>
      onLocked(call.onboardingId, (transaction, onboarding) =>
        record(transaction, onboarding, { onboarding: { status: call.status } }),
      ),
  }
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
  if (run.error?.class !== 'unknown_outcome' || step === undefined) return false
  return step.placement === 'transactional' || step.lookup === undefined
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
  const statuses = new Map([...onboarding.runs].map(([id, run]) => [id, run.status]))
  return statusFrom(onboarding.plan, statuses.set(stepId, status))
}
