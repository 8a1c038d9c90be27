import { randomUUID } from 'node:crypto'
import { ApplicationFailure } from '@temporalio/activity'
import type { Transaction } from 'kysely'
import type { Database } from '../../domain/database/tables.ts'
import { isBeingUndone } from '../../domain/decisions/read-decisions.ts'
import { messageOf } from '../../domain/errors/error-declaration.ts'
import type { PlannedStep } from '../../domain/runs/run-plan.ts'
import {
  type LockedRun,
  record,
  statusesOf,
  statusFrom,
  type StepChange,
  type JournalEntry,
} from '../../domain/runs/step-journal.ts'
import type { StepResult } from '../../plugins/plugin-contract.ts'
import type { ReportedFailure, Resolved } from '../../workflows/contract.ts'
import { attemptSuperseded, onboardingEnding, stepWaits } from '../errors.ts'
import { resolvedOf } from './held-completion.ts'
import { workflowRunId } from './step-context.ts'

/** One attempt of a step. Only the attempt with the newest `token` may record its outcome. */
export interface Attempt {
  planned: PlannedStep
  run: LockedRun
  revision: number
  /** The number of this attempt in its revision, from 1. */
  number: number
  /** The number of retries that a person decided on. */
  retries: number
  token: string
  startedAt: Date
  /** Whether an earlier attempt called the provider with an outcome that is still unknown. */
  outcomeUnknown: boolean
}

/**
 * Creates the next attempt of a step. Writes nothing.
 * @returns `done` if the step is done or skipped.
 * @throws ApplicationFailure, non-retryable, if the run is ending or the step waits for a person. A worker that was frozen may
 * begin an attempt that late, and the attempt must have no effect.
 */
export async function openAttempt(
  transaction: Transaction<Database>,
  run: LockedRun,
  planned: PlannedStep,
): Promise<Attempt | 'done'> {
  const entry = run.entries.get(planned.id)
  if (entry?.status === 'done' || entry?.status === 'skipped') return 'done'
  if (await isEnding(transaction, run)) throw ending(run)
  if (entry?.status === 'needs_attention') throw waitsForPerson(entry)
  return {
    planned,
    run,
    revision: entry?.revision ?? 1,
    number: (entry?.attempts ?? 0) + 1,
    retries: entry?.retries ?? 0,
    token: randomUUID(),
    startedAt: new Date(),
    outcomeUnknown: entry?.intentAt != null,
  }
}

/** Whether the run is ending, so that no step may have a new effect. An attempt that still runs was given up on. */
export async function isEnding(
  transaction: Transaction<Database>,
  { id, status }: LockedRun,
): Promise<boolean> {
  // A run that needs attention may be being undone.
  if (status === 'needs_attention') return isBeingUndone(transaction, id)
  return ['cancelling', 'cancelled', 'failed'].includes(status)
}

function ending({ status }: LockedRun): ApplicationFailure {
  const is = status === 'needs_attention' ? 'being undone' : status
  const message = messageOf(onboardingEnding, { parameters: { status: is } })
  return ApplicationFailure.nonRetryable(message, onboardingEnding.code)
}

/** The failure of a stuck step. The workflow may know it already; a retry lets the step be tried again. */
function waitsForPerson({ error }: JournalEntry): ApplicationFailure {
  const { code, message } = stepWaits
  if (error === null) return ApplicationFailure.nonRetryable(message, code)
  const { fields: _, ...failure } = error
  const report: ReportedFailure = { ...failure, recorded: true, refused: false }
  return ApplicationFailure.create({ message, type: failure.code, nonRetryable: true, details: [report] })
}

/**
 * The failure of an attempt that may not record its outcome, because a newer attempt looks up its call. If Temporal still waits for
 * this attempt, because it gave up on the newer one, it must try again: the outcome is not recorded.
 */
export function superseded(): ApplicationFailure {
  return ApplicationFailure.retryable(attemptSuperseded.message, attemptSuperseded.code)
}

export interface Outcome {
  results: { attempt: Attempt; result: StepResult<unknown> }[]
  /** The attempt that calls a provider next. Its outcome is unknown until its result is recorded. */
  intent?: Attempt | undefined
}

/** @returns undefined, or what the step journal adds to "done". */
export async function recordOutcomes(
  transaction: Transaction<Database>,
  run: LockedRun,
  { results, intent }: Outcome,
): Promise<Resolved | undefined> {
  const finishedAt = new Date()
  const statuses = statusesOf(run)
  const steps: StepChange[] = results.map(({ attempt, result }) => ({
    ...changeOf(attempt),
    status: 'done',
    intentAt: null,
    output: asRecord(result.output),
    externalReference: result.externalReference,
    finishedAt,
  }))
  if (intent !== undefined)
    steps.push({ ...changeOf(intent), status: 'running', intentAt: intent.startedAt, finishedAt: null })
  for (const { stepId, status } of steps) statuses.set(stepId, status)
  const status = await record(transaction, run, {
    steps,
    run: {
      status: statusFrom(run.plan, statuses),
      workflowRunId: workflowRunId(),
      ...madeBy(results),
    },
  })
  return resolvedOf(run, { status, statuses })
}

/** The organization and the user of the run, if one of these steps makes them. The steps of plug-ins set neither. */
function madeBy(results: Outcome['results']): { organizationId?: string; userId?: string } {
  const made = new Map(results.map(({ attempt, result }) => [attempt.planned.id, asRecord(result.output)]))
  const organizationId = made.get('create-organization')?.organizationId
  const userId = made.get('create-user')?.userId
  return {
    ...(typeof organizationId === 'string' ? { organizationId } : {}),
    ...(typeof userId === 'string' ? { userId } : {}),
  }
}

function changeOf(
  attempt: Attempt,
): Pick<StepChange, 'stepId' | 'revision' | 'attempts' | 'attemptToken' | 'startedAt' | 'error'> {
  return {
    stepId: attempt.planned.id,
    revision: attempt.revision,
    attempts: attempt.number,
    attemptToken: attempt.token,
    startedAt: attempt.startedAt,
    error: null,
  }
}

export function asRecord(output: unknown): Record<string, unknown> {
  return output === null || typeof output !== 'object' ? {} : { ...output }
}
