import { type Transaction, sql } from 'kysely'
import type { RunStatus, RecordedError, StepStatus } from '../database/tables/run-tables.ts'
import type { Database } from '../database/tables.ts'
import { appended, type RunEvent } from './run-events.ts'
import type { RunKind, RunRequests } from './run-requests.ts'
import { closedStatuses } from './run-record.ts'
import type { PlannedStep } from './run-plan.ts'

type Journal = Transaction<Database>

/** A run whose row is locked until the transaction ends. Only one attempt at a time can record. */
export interface LockedRun {
  id: string
  kind: RunKind
  parentId: string
  status: RunStatus
  request: RunRequests[RunKind]
  plan: PlannedStep[]
  /** A cancel is stored that the run has neither taken nor refused. The run does not complete before it does. */
  cancelAsked: boolean
  /** The newest revision of each step that has started, by the id of the step. */
  entries: Map<string, JournalEntry>
}

/** The newest revision of a step in the step journal. */
export interface JournalEntry {
  stepId: string
  revision: number
  status: StepStatus
  attempts: number
  /** The number of retries that people decided on; see `StepContext`. */
  retries: number
  attemptToken: string | null
  /** Set while the outcome of an external call is unknown. */
  intentAt: Date | null
  output: Record<string, unknown> | null
  error: RecordedError | null
}

/** In one round trip. @throws Error when the run does not exist. */
export async function lockRun(journal: Journal, runId: string): Promise<LockedRun> {
  const { rows } = await sql<{ locked: LockedRow | null }>`
    select lock_run(${runId}) as locked
  `.execute(journal)
  const locked = rows[0]?.locked
  if (!locked) throw new Error(`There is no run ${runId}.`)
  const entries = locked.entries.map((entry): [string, JournalEntry] => [
    entry.stepId,
    { ...entry, intentAt: entry.intentAt === null ? null : new Date(entry.intentAt) },
  ])
  return { ...locked, entries: new Map(entries) }
}

/** `LockedRun` as JSON: the entries are a list and times are text. */
type LockedRow = Omit<LockedRun, 'entries'> & {
  entries: (Omit<JournalEntry, 'intentAt'> & { intentAt: string | null })[]
}

/** A change to the journal entry of a step. Fields that are left out keep their value. */
export interface StepChange {
  stepId: string
  revision: number
  status: StepStatus
  attempts: number
  /** A smaller number than the one on record has no effect. */
  retries?: number
  attemptToken?: string
  intentAt: Date | null
  output?: Record<string, unknown>
  externalReference?: string | undefined
  error: RecordedError | null
  startedAt?: Date
  finishedAt: Date | null
}

/** A change to the row of a run. Fields that are left out keep their value. */
export interface RunChange {
  status: RunStatus
  request?: LockedRun['request'] | undefined
  organizationId?: string | undefined
  userId?: string | undefined
  workflowRunId?: string
}

/**
 * Writes changes to the journal and to the run, appends an event for each change, and notifies `runChannel` at the commit.
 * It is one statement for any number of changes, because every run calls it.
 * @returns the new status of the run, which may differ from the requested one: see `nextStatus`.
 */
export async function record(
  journal: Journal,
  run: LockedRun,
  changes: { steps?: StepChange[]; run?: RunChange },
): Promise<RunStatus> {
  const { steps = [], run: own } = changes
  const status = nextStatus(run, own?.status ?? run.status)
  const events: RunEvent[] = [
    ...steps.map(stepEvent),
    ...(status === run.status ? [] : [{ type: 'onboarding' as const, data: { status } }]),
  ]
  const closed = closedStatuses.includes(status)
  // A new status sends the webhook event onboarding.* or operation.*: see database/schema/webhook-events.sql. A trigger in
  // database/schema/messages.sql copies the status of the step `notify-user` to its message.
  await sql`
    with steps as (
      insert into step_runs (run_id, step_id, revision, status, attempts, retries, attempt_token, intent_at, output,
        external_reference, error, started_at, finished_at)
      select ${run.id}, "stepId", revision, status, attempts, coalesce(retries, 0), "attemptToken", "intentAt", output,
        "externalReference", error, "startedAt", "finishedAt"
      from jsonb_to_recordset(${JSON.stringify(steps)}::jsonb) as change ("stepId" text, revision integer, status text,
        attempts integer, retries integer, "attemptToken" text, "intentAt" timestamptz, output jsonb, "externalReference" text,
        error jsonb, "startedAt" timestamptz, "finishedAt" timestamptz)
      on conflict (run_id, step_id, revision) do update set
        status = excluded.status,
        attempts = excluded.attempts,
        retries = greatest(step_runs.retries, excluded.retries),
        attempt_token = coalesce(excluded.attempt_token, step_runs.attempt_token),
        intent_at = excluded.intent_at,
        output = coalesce(excluded.output, step_runs.output),
        external_reference = coalesce(excluded.external_reference, step_runs.external_reference),
        error = excluded.error,
        started_at = coalesce(step_runs.started_at, excluded.started_at),
        finished_at = excluded.finished_at
    ), numbered as (
      update runs set
        status = ${status},
        request = coalesce(${own?.request === undefined ? null : JSON.stringify(own.request)}::jsonb, request),
        organization_id = coalesce(${own?.organizationId ?? null}, organization_id),
        user_id = coalesce(${own?.userId ?? null}, user_id),
        workflow_run_id = coalesce(${own?.workflowRunId ?? null}, workflow_run_id),
        closed_at = case when ${closed} then coalesce(closed_at, now()) else closed_at end,
        updated_at = now(),
        event_count = event_count + ${events.length}
      where id = ${run.id}
      returning event_count - ${events.length} as last, event_count, status
    ), ${appended(run.id, events)}
  `.execute(journal)
  return status
}

/**
 * The status that follows `before`. An attempt that Temporal gave up on may record late: its run stays closed, or stays
 * `cancelling`. A run with an open cancel does not complete, because `completed` is final: the cancel is decided first.
 */
function nextStatus({ status: before, cancelAsked }: LockedRun, wanted: RunStatus): RunStatus {
  if (closedStatuses.includes(before)) return before
  if (before === 'cancelling' && (wanted === 'running' || wanted === 'completed')) return before
  return wanted === 'completed' && cancelAsked ? 'running' : wanted
}

function stepEvent({ stepId, status, attempts, error }: StepChange): RunEvent {
  return { type: 'step', data: { step: stepId, status, attempts, ...(error === null ? {} : { error }) } }
}

export function statusesOf({ entries }: Pick<LockedRun, 'entries'>): Map<string, StepStatus> {
  return new Map([...entries].map(([id, entry]) => [id, entry.status]))
}

/** The status of a run by its steps: `needs_attention` with a stuck step, `completed` with all resolved, else `running`. */
export function statusFrom(plan: PlannedStep[], statuses: ReadonlyMap<string, StepStatus>): RunStatus {
  const all = plan.map((step) => statuses.get(step.id) ?? 'pending')
  if (all.includes('needs_attention')) return 'needs_attention'
  return all.every((status) => status === 'done' || status === 'skipped') ? 'completed' : 'running'
}
