import { sql } from 'kysely'
import type { AddAccountRequest } from './add-account-request.ts'
import type { DatabaseConnection } from '../database/connection.ts'
import { isId } from '../ids.ts'
import { hasInvitation, type InvitationStatus } from '../users/invitations.ts'
import type { RunProgress } from './run-events.ts'
import type { Page } from '../database/list-page.ts'
import type { RunKind } from './run-requests.ts'
import type { Onboarding, RunStatus, Run } from './run-record.ts'
import type { PlannedStep } from './run-plan.ts'
import { noEntry, readRow, runsWithin } from './run-rows.ts'
import type { Subtree } from '../access/subtree.ts'

export interface RunFilter extends Page {
  status?: RunStatus | undefined
  /** This step is stuck or retrying. */
  step?: string | undefined
  /** A stuck or retrying step has an error with this code. */
  code?: string | undefined
  /** The organization that the run created or changes. */
  organizationId?: string | undefined
  /** The invitation of the user has this status now. */
  invitation?: InvitationStatus | undefined
  parentId?: string | undefined
}

/** @returns undefined when the onboarding does not exist or its parent is outside of the subtree. */
export async function findOnboarding(
  db: DatabaseConnection,
  subtree: Subtree,
  id: string,
): Promise<Onboarding | undefined> {
  const run = isId(id, 'onb') ? await findRun(db, subtree, id) : undefined
  return run?.kind === 'add-account' ? run : undefined
}

/** Finds a run of any kind. @returns undefined when the run does not exist or is outside of the subtree. */
export async function findRun(
  db: DatabaseConnection,
  subtree: Subtree,
  id: string,
): Promise<Run | undefined> {
  if (!isId(id, 'onb') && !isId(id, 'opr')) return undefined
  const row = await runsWithin(db, subtree).where('runs.id', '=', id).executeTakeFirst()
  return row === undefined ? undefined : readRow(row)
}

export async function listOnboardings(
  db: DatabaseConnection,
  subtree: Subtree,
  filter: RunFilter,
): Promise<Onboarding[]> {
  const query = filtered(runsWithin(db, subtree), filter).where('runs.kind', '=', 'add-account')
  return (await query.execute()).map(readRow) as Onboarding[]
}

export async function listOperations(
  db: DatabaseConnection,
  subtree: Subtree,
  filter: RunFilter & { kind?: RunKind | undefined },
): Promise<Run[]> {
  let query = filtered(runsWithin(db, subtree), filter).where('runs.kind', '!=', 'add-account')
  if (filter.kind !== undefined) query = query.where('runs.kind', '=', filter.kind)
  return (await query.execute()).map(readRow)
}

function filtered(all: ReturnType<typeof runsWithin>, filter: RunFilter): ReturnType<typeof runsWithin> {
  let query = all.orderBy('runs.id', 'desc').limit(filter.limit)
  if (filter.after !== undefined) query = query.where('runs.id', '<', filter.after)
  if (filter.status !== undefined) query = query.where('runs.status', '=', filter.status)
  if (filter.organizationId !== undefined) {
    query = query.where('runs.organization_id', '=', filter.organizationId)
  }
  if (filter.invitation !== undefined) query = query.where(hasInvitation('runs.user_id', filter.invitation))
  if (filter.parentId !== undefined) query = query.where('runs.parent_id', '=', filter.parentId)
  if (filter.step === undefined && filter.code === undefined) return query
  return query.where(sql<boolean>`exists (
    select from step_runs as entry
    where entry.run_id = runs.id and entry.status in ('retrying', 'needs_attention')
      and (${filter.step ?? null}::text is null or entry.step_id = ${filter.step ?? null})
      and (${filter.code ?? null}::text is null or entry.error ->> 'code' = ${filter.code ?? null})
      and not exists (
        select from step_runs as newer
        where newer.run_id = entry.run_id and newer.step_id = entry.step_id
          and newer.revision > entry.revision))`)
}

export async function listStuckAtMessage(db: DatabaseConnection, userId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('runs')
    .select('id')
    .where('user_id', '=', userId)
    .where('closed_at', 'is', null)
    .where('status', '=', 'needs_attention')
    .where(
      sql<boolean>`exists (select from step_runs where run_id = id and step_id = 'notify-user'
        and status = 'needs_attention')`,
    )
    .execute()
  return rows.map(({ id }) => id)
}

/** Reads the progress of a run by its primary key, for callers that poll. @throws NoResultError when it does not exist. */
export async function readProgress(db: DatabaseConnection, id: string): Promise<RunProgress> {
  return db
    .selectFrom('runs')
    .select(['id', 'status', 'event_count as lastEvent'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
}

export interface StoredEvent {
  sequence: number
  type: 'onboarding' | 'step'
  data: Record<string, unknown>
  createdAt: Date
}

export async function readEventsAfter(
  db: DatabaseConnection,
  runId: string,
  sequence: number,
): Promise<StoredEvent[]> {
  return db
    .selectFrom('run_events')
    .select(['sequence', 'type', 'data', 'created_at as createdAt'])
    .where('run_id', '=', runId)
    .where('sequence', '>', sequence)
    .orderBy('sequence')
    .execute()
}

/** The onboarding that `acceptOnboarding` has stored, without another query. */
export function justAccepted(
  accepted: { id: string; acceptedAt: Date },
  onboarding: { parentId: string; request: AddAccountRequest; plan: PlannedStep[] },
): Onboarding {
  return {
    id: accepted.id,
    kind: 'add-account',
    parentId: onboarding.parentId,
    status: 'accepted',
    organizationId: null,
    userId: null,
    invitation: null,
    request: onboarding.request,
    steps: onboarding.plan.map((planned) => ({ planned, ...noEntry })),
    skippedSteps: [],
    workflowRunId: null,
    lastEvent: 1,
    acceptedAt: accepted.acceptedAt,
    updatedAt: accepted.acceptedAt,
    closedAt: null,
  }
}
