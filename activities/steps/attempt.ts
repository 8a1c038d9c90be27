import { randomUUID } from 'node:crypto'
import { ApplicationFailure } from '@temporalio/activity'
import type { Transaction } from 'kysely'
import type { Database } from '../../domain/database/tables.ts'
import { isBeingUndone } from '../../domain/decisions/read-decisions.ts'
import { fill } from '../../domain/errors/error-text.ts'
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
import { onboardingEnding, stepWaits } from '../errors.ts'
import { resolvedOf } from './held-completion.ts'
import { workflowRunId } from './step-context.ts'
import { producedIds } from './step-input.ts'

/** One try of one step. Only the holder of the newest `token` may record what came of it. */
export interface Attempt {
  planned: PlannedStep
  run: LockedRun
  revision: number
  number: number
  /** How often a person asked for another try. */
  retries: number
  token: string
  startedAt: Date
  /** An earlier attempt called the provider, and what came of it was not found out yet. */
  outcomeUnknown: boolean
}

/**
 * Opens the next attempt of a step. Nothing is written yet.
 * @returns `done` when an earlier attempt finished the step.
 * @throws ApplicationFailure, non-retryable, when the run is ending, or the step waits for a person: no new effect may
 * happen then. An attempt may come that late on a worker that was asleep.
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

/** Nothing new is done for it. The run has waited for its attempts before, so one that still goes on was given up on. */
export async function isEnding(
  transaction: Transaction<Database>,
  { id, status }: LockedRun,
): Promise<boolean> {
  // What waits for a person may as well be its undoing.
  if (status === 'needs_attention') return isBeingUndone(transaction, id)
  return ['cancelling', 'cancelled', 'failed'].includes(status)
}

function ending({ status }: LockedRun): ApplicationFailure {
  const { code, message } = onboardingEnding
  const is = status === 'needs_attention' ? 'being undone' : status
  return ApplicationFailure.nonRetryable(fill(message, { status: is }), code)
}

/** What the run may have been told already: it waits, and whoever decides lets it try again. */
function waitsForPerson({ error }: JournalEntry): ApplicationFailure {
  const { code, message } = stepWaits
  if (error === null) return ApplicationFailure.nonRetryable(message, code)
  const { fields: _, ...failure } = error
  const report: ReportedFailure = { ...failure, recorded: true, refused: false }
  return ApplicationFailure.create({ message, type: failure.code, nonRetryable: true, details: [report] })
}

/** What came of attempts on one run, and what is about to be tried next. */
export interface Outcome {
  results: { attempt: Attempt; result: StepResult<unknown> }[]
  /** A provider is about to be called: from here until a result is recorded, the outcome is unknown. */
  intent?: Attempt | undefined
}

/**
 * Records results, an intent, and whatever follows for the run.
 * @returns what the run is told of it.
 */
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
      ...producedIds(results.map(({ result }) => result.output)),
    },
  })
  return resolvedOf(run, { status, statuses })
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

/** An output as the journal keeps it. */
export function asRecord(output: unknown): Record<string, unknown> {
  return output === null || typeof output !== 'object' ? {} : { ...output }
}
