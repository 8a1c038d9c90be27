import { type Transaction, sql } from 'kysely'
import type { AddAccountRequest } from './add-account.ts'
import type { DatabaseConnection } from './database/connection.ts'
import type { Database, OnboardingStatus, RecordedError, StepStatus } from './database/tables.ts'
import { appendEvents } from './onboarding-events.ts'
import type { PlannedStep } from './run-plan.ts'

type Ledger = Transaction<Database>

/** An onboarding whose row is locked until the transaction ends, so that only one attempt at a time records. */
export interface LockedOnboarding {
  id: string
  parentId: string
  status: OnboardingStatus
  request: AddAccountRequest
  plan: PlannedStep[]
  runs: Map<string, StepRun>
}

/** The newest revision of a step in the ledger. */
export interface StepRun {
  stepId: string
  revision: number
  status: StepStatus
  attempts: number
  attemptToken: string | null
  /** Set while an external call's outcome is not known. */
  intentAt: Date | null
  output: Record<string, unknown> | null
  error: RecordedError | null
}

/** @throws Error when there is no such onboarding. */
export async function lockOnboarding(ledger: Ledger, onboardingId: string): Promise<LockedOnboarding> {
  const row = await ledger
    .selectFrom('onboardings')
    .select(['id', 'parent_id', 'status', 'request', 'plan'])
    .where('id', '=', onboardingId)
    .forUpdate()
    .executeTakeFirstOrThrow(() => new Error(`There is no onboarding ${onboardingId}.`))
  const runs = await ledger
    .selectFrom('step_runs')
    .distinctOn('step_id')
    .select(['step_id', 'revision', 'status', 'attempts', 'attempt_token', 'intent_at', 'output', 'error'])
    .where('onboarding_id', '=', onboardingId)
    .orderBy('step_id')
    .orderBy('revision', 'desc')
    .execute()
  return {
    id: row.id,
    parentId: row.parent_id,
    status: row.status,
    request: row.request,
    plan: row.plan,
    runs: new Map(
      runs.map((run) => [
        run.step_id,
        {
          stepId: run.step_id,
          revision: run.revision,
          status: run.status,
          attempts: run.attempts,
          attemptToken: run.attempt_token,
          intentAt: run.intent_at,
          output: run.output,
          error: run.error,
        },
      ]),
    ),
  }
}

/** One change to a step's newest revision. Columns that are left out keep their value. */
export interface StepChange {
  stepId: string
  revision: number
  status: StepStatus
  attempts: number
  attemptToken?: string
  intentAt: Date | null
  output?: Record<string, unknown>
  externalReference?: string | undefined
  error: RecordedError | null
  startedAt?: Date
  finishedAt: Date | null
}

/** Writes the changes, one row each, and one event each, in two statements however many there are. */
export async function recordSteps(ledger: Ledger, onboardingId: string, changes: StepChange[]): Promise<void> {
  await ledger
    .insertInto('step_runs')
    .values(
      changes.map((change) => ({
        onboarding_id: onboardingId,
        step_id: change.stepId,
        revision: change.revision,
        status: change.status,
        attempts: change.attempts,
        attempt_token: change.attemptToken ?? null,
        intent_at: change.intentAt,
        output: change.output === undefined ? null : JSON.stringify(change.output),
        external_reference: change.externalReference ?? null,
        error: change.error === null ? null : JSON.stringify(change.error),
        correction: null,
        actor: null,
        reason: null,
        started_at: change.startedAt ?? null,
        finished_at: change.finishedAt,
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['onboarding_id', 'step_id', 'revision']).doUpdateSet((row) => ({
        status: row.ref('excluded.status'),
        attempts: row.ref('excluded.attempts'),
        attempt_token: row.fn.coalesce('excluded.attempt_token', 'step_runs.attempt_token'),
        intent_at: row.ref('excluded.intent_at'),
        output: row.fn.coalesce('excluded.output', 'step_runs.output'),
        external_reference: row.fn.coalesce('excluded.external_reference', 'step_runs.external_reference'),
        error: row.ref('excluded.error'),
        started_at: row.fn.coalesce('step_runs.started_at', 'excluded.started_at'),
        finished_at: row.ref('excluded.finished_at'),
      })),
    )
    .execute()
  await appendEvents(
    ledger,
    onboardingId,
    changes.map((change) => ({
      type: 'step',
      data: {
        step: change.stepId,
        status: change.status,
        attempts: change.attempts,
        ...(change.error === null ? {} : { error: change.error }),
      },
    })),
  )
}

/** What an onboarding's own row takes over from its steps. */
export interface OnboardingChange {
  status: OnboardingStatus
  organizationId?: string | undefined
  userId?: string | undefined
  workflowRunId?: string
}

const settledStatuses: readonly OnboardingStatus[] = ['completed', 'cancelled', 'failed']

/** Updates the onboarding's row, and appends an event when its status is a new one. */
export async function recordOnboarding(
  ledger: Ledger,
  onboarding: LockedOnboarding,
  change: OnboardingChange,
): Promise<void> {
  await ledger
    .updateTable('onboardings')
    .set({
      status: change.status,
      updated_at: sql<Date>`now()`,
      ...(settledStatuses.includes(change.status) ? { settled_at: sql<Date>`now()` } : {}),
      ...(change.organizationId === undefined ? {} : { organization_id: change.organizationId }),
      ...(change.userId === undefined ? {} : { user_id: change.userId }),
      ...(change.workflowRunId === undefined ? {} : { workflow_run_id: change.workflowRunId }),
    })
    .where('id', '=', onboarding.id)
    .execute()
  if (change.status === onboarding.status) return
  await appendEvents(ledger, onboarding.id, [{ type: 'onboarding', data: { status: change.status } }])
}

/** The status that follows from the steps: stuck when one is, completed when all are settled, else running. */
export function statusFrom(plan: PlannedStep[], statuses: ReadonlyMap<string, StepStatus>): OnboardingStatus {
  const all = plan.map((step) => statuses.get(step.id) ?? 'pending')
  if (all.includes('needs_attention')) return 'needs_attention'
  return all.every((status) => status === 'done' || status === 'skipped') ? 'completed' : 'running'
}

/**
 * Opens a new revision of a stuck step, with a corrected request if one is given. The next attempt uses it, under a new
 * idempotency key.
 * @returns false when the step is not waiting for a person any more; then nothing is changed.
 */
export async function openRevision(
  db: DatabaseConnection,
  correction: {
    onboardingId: string
    stepId: string
    request?: AddAccountRequest
    correction?: Record<string, unknown>
    actor: string
    reason?: string
  },
): Promise<boolean> {
  return db.transaction().execute(async (ledger) => {
    const onboarding = await lockOnboarding(ledger, correction.onboardingId)
    const run = onboarding.runs.get(correction.stepId)
    if (run?.status !== 'needs_attention') return false
    await ledger
      .insertInto('step_runs')
      .values({
        onboarding_id: onboarding.id,
        step_id: run.stepId,
        revision: run.revision + 1,
        // Still stuck until the workflow takes the decision: if it can't be reached, nothing is lost.
        status: 'needs_attention',
        attempts: 0,
        error: run.error === null ? null : JSON.stringify(run.error),
        correction: correction.correction === undefined ? null : JSON.stringify(correction.correction),
        actor: correction.actor,
        reason: correction.reason ?? null,
      })
      .execute()
    if (correction.request !== undefined) {
      await ledger
        .updateTable('onboardings')
        .set({ request: JSON.stringify(correction.request), updated_at: sql<Date>`now()` })
        .where('id', '=', onboarding.id)
        .execute()
    }
    return true
  })
}

/** Notes who decided on a stuck step, and why, for the audit trail. */
export async function recordDecision(
  db: DatabaseConnection,
  decision: { onboardingId: string; stepId: string; actor: string; reason?: string },
): Promise<void> {
  await db.transaction().execute(async (ledger) => {
    const run = (await lockOnboarding(ledger, decision.onboardingId)).runs.get(decision.stepId)
    if (run === undefined) return
    await ledger
      .updateTable('step_runs')
      .set({ actor: decision.actor, reason: decision.reason ?? null })
      .where('onboarding_id', '=', decision.onboardingId)
      .where('step_id', '=', run.stepId)
      .where('revision', '=', run.revision)
      .execute()
  })
}
