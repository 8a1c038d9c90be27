import { randomUUID } from 'node:crypto'
import { ApplicationFailure } from '@temporalio/activity'
import type { Transaction } from 'kysely'
import type { Database } from '../domain/database/tables.ts'
import type { PlannedStep } from '../domain/run-plan.ts'
import {
  lockOnboarding,
  type LockedOnboarding,
  record,
  statusFrom,
  type StepChange,
} from '../domain/step-ledger.ts'
import type { StepResult } from '../plugins/contract.ts'
import { producedIds } from './step-input.ts'

/** One try of one step. Only the holder of the newest `token` may record what came of it. */
export interface Attempt {
  planned: PlannedStep
  onboarding: LockedOnboarding
  revision: number
  number: number
  token: string
  startedAt: Date
  /** An earlier attempt called the provider, and its answer never came. */
  outcomeUnknown: boolean
}

/**
 * Opens the next attempt of a step on a locked onboarding. Nothing is written yet.
 * @returns `done` when an earlier attempt finished the step.
 * @throws ApplicationFailure, non-retryable, when the onboarding is ending: no new effect may happen then.
 */
export async function openAttempt(
  transaction: Transaction<Database>,
  onboardingId: string,
  planned: PlannedStep,
): Promise<Attempt | 'done'> {
  const onboarding = await lockOnboarding(transaction, onboardingId)
  return attemptOn(onboarding, planned)
}

/** As `openAttempt`, for a caller that holds the lock already. */
export function attemptOn(onboarding: LockedOnboarding, planned: PlannedStep): Attempt | 'done' {
  const run = onboarding.runs.get(planned.id)
  if (run?.status === 'done' || run?.status === 'skipped') return 'done'
  refuseWhenEnding(onboarding)
  return {
    planned,
    onboarding,
    revision: run?.revision ?? 1,
    number: (run?.attempts ?? 0) + 1,
    token: randomUUID(),
    startedAt: new Date(),
    outcomeUnknown: run?.intentAt != null,
  }
}

function refuseWhenEnding(onboarding: LockedOnboarding): void {
  if (!['cancelling', 'cancelled', 'failed'].includes(onboarding.status)) return
  throw ApplicationFailure.nonRetryable(
    `The onboarding is ${onboarding.status}; nothing new is done.`,
    'onboarding_ending',
  )
}

/** Records that a provider is about to be called: from here until a result is recorded, the outcome is unknown. */
export async function saveIntent(transaction: Transaction<Database>, attempt: Attempt): Promise<void> {
  await record(transaction, attempt.onboarding, {
    steps: [
      {
        ...changeOf(attempt),
        status: 'running',
        attemptToken: attempt.token,
        intentAt: attempt.startedAt,
        finishedAt: null,
      },
    ],
    onboarding: { status: statusWith(attempt.onboarding, [attempt], 'running') },
  })
}

/** Records the results of attempts on one onboarding, and whatever follows for the onboarding. */
export async function saveResults(
  transaction: Transaction<Database>,
  onboarding: LockedOnboarding,
  results: { attempt: Attempt; result: StepResult<unknown> }[],
  workflowRunId: string,
): Promise<void> {
  const finishedAt = new Date()
  const attempts = results.map(({ attempt }) => attempt)
  await record(transaction, onboarding, {
    steps: results.map(({ attempt, result }) => ({
      ...changeOf(attempt),
      status: 'done',
      attemptToken: attempt.token,
      intentAt: null,
      output: asRecord(result.output),
      externalReference: result.externalReference,
      finishedAt,
    })),
    onboarding: {
      status: statusWith(onboarding, attempts, 'done'),
      workflowRunId,
      ...producedIds(results.map(({ result }) => result.output)),
    },
  })
}

function changeOf(
  attempt: Attempt,
): Pick<StepChange, 'stepId' | 'revision' | 'attempts' | 'startedAt' | 'error'> {
  return {
    stepId: attempt.planned.id,
    revision: attempt.revision,
    attempts: attempt.number,
    startedAt: attempt.startedAt,
    error: null,
  }
}

function statusWith(onboarding: LockedOnboarding, attempts: Attempt[], status: 'running' | 'done') {
  const statuses = new Map([...onboarding.runs].map(([id, run]) => [id, run.status]))
  for (const { planned } of attempts) statuses.set(planned.id, status)
  return statusFrom(onboarding.plan, statuses)
}

function asRecord(output: unknown): Record<string, unknown> {
  return output === null || typeof output !== 'object' ? {} : { ...output }
}
