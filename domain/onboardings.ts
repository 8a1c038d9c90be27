import { sql } from 'kysely'
import { jsonArrayFrom } from 'kysely/helpers/postgres'
import type { AddAccountRequest } from './add-account.ts'
import type { DatabaseConnection } from './database/connection.ts'
import type { OnboardingStatus, RecordedError, StepStatus } from './database/tables.ts'
import { judgeRetry, type RetryVerdict } from './errors.ts'
import { isId } from './ids.ts'
import { hasInvitation, type Invitation, invitationOf, type InvitationStatus } from './invitations.ts'
import type { OnboardingProgress } from './onboarding-events.ts'
import type { Page } from './organizations.ts'
import { isCorrectable, type OperationKind, type OperationRequest } from './operations.ts'
import type { PlannedStep } from './run-plan.ts'
import { type Subtree, subtreeEnd } from './subtree.ts'

export type { OnboardingStatus, StepStatus }

/** Nothing happens to these any more. */
export const finalStatuses: readonly OnboardingStatus[] = ['completed', 'cancelled', 'failed']

/** A step of an onboarding, as its newest revision in the ledger says; `pending` when there is none. */
export interface OnboardingStep {
  planned: PlannedStep
  status: StepStatus
  /** 0 before its first attempt. */
  revision: number
  attempts: number
  /** Set while it is not known whether a call to somebody else had its effect. */
  intentAt: Date | null
  startedAt: Date | null
  finishedAt: Date | null
  output: Record<string, unknown> | null
  /** Under which a provider knows the effect. */
  externalReference: string | null
  error: (RecordedError & { retry: RetryVerdict }) | null
}

/** A run of any kind, as the ledger has it. */
export type Run<Kind extends OperationKind = OperationKind> = OperationRequest<Kind> & {
  id: string
  parentId: string
  status: OnboardingStatus
  organizationId: string | null
  userId: string | null
  /** Of that user; null while there is none. */
  invitation: Invitation | null
  steps: OnboardingStep[]
  /** Ids of the steps that somebody decided to go on without. */
  skippedSteps: string[]
  workflowRunId: string | null
  lastEvent: number
  acceptedAt: Date
  updatedAt: Date
  settledAt: Date | null
}

/** A run that adds an account. */
export type Onboarding = Run<'add-account'>

export interface OnboardingFilter extends Page {
  status?: OnboardingStatus | undefined
  /** Stuck at, or retrying, this step. */
  step?: string | undefined
  /** With a step that failed with this code. */
  code?: string | undefined
  /** The organization that the onboarding made. */
  organizationId?: string | undefined
  /** With a user whose invitation is like this now. */
  invitation?: InvitationStatus | undefined
  /** Added right below this organization. */
  parentId?: string | undefined
}

/** @returns undefined both when there is none and when its parent lies outside of the subtree. */
export async function findOnboarding(
  db: DatabaseConnection,
  subtree: Subtree,
  id: string,
): Promise<Onboarding | undefined> {
  const run = isId(id, 'onb') ? await findRun(db, subtree, id) : undefined
  return run?.kind === 'add-account' ? run : undefined
}

/** A run of any kind. @returns undefined both when there is none and when it lies outside of the subtree. */
export async function findRun(
  db: DatabaseConnection,
  subtree: Subtree,
  id: string,
): Promise<Run | undefined> {
  if (!isId(id, 'onb') && !isId(id, 'opr')) return undefined
  const row = await within(db, subtree).where('onboardings.id', '=', id).executeTakeFirst()
  return row === undefined ? undefined : withSteps(row)
}

/** Onboardings below the subtree's organizations, newest first. */
export async function listOnboardings(
  db: DatabaseConnection,
  subtree: Subtree,
  filter: OnboardingFilter,
): Promise<Onboarding[]> {
  const query = filtered(within(db, subtree), filter).where('onboardings.kind', '=', 'add-account')
  return (await query.execute()).map(withSteps) as Onboarding[]
}

/** Runs that change an account of the subtree, newest first. */
export async function listOperations(
  db: DatabaseConnection,
  subtree: Subtree,
  filter: OnboardingFilter & { kind?: OperationKind | undefined },
): Promise<Run[]> {
  let query = filtered(within(db, subtree), filter).where('onboardings.kind', '!=', 'add-account')
  if (filter.kind !== undefined) query = query.where('onboardings.kind', '=', filter.kind)
  return (await query.execute()).map(withSteps)
}

function filtered(all: ReturnType<typeof within>, filter: OnboardingFilter): ReturnType<typeof within> {
  let query = all.orderBy('onboardings.id', 'desc').limit(filter.limit)
  if (filter.after !== undefined) query = query.where('onboardings.id', '<', filter.after)
  if (filter.status !== undefined) query = query.where('onboardings.status', '=', filter.status)
  if (filter.organizationId !== undefined) {
    query = query.where('onboardings.organization_id', '=', filter.organizationId)
  }
  if (filter.invitation !== undefined)
    query = query.where(hasInvitation('onboardings.user_id', filter.invitation))
  if (filter.parentId !== undefined) query = query.where('onboardings.parent_id', '=', filter.parentId)
  if (filter.step === undefined && filter.code === undefined) return query
  return query.where(sql<boolean>`exists (
    select from step_runs as run
    where run.onboarding_id = onboardings.id and run.status in ('retrying', 'needs_attention')
      and (${filter.step ?? null}::text is null or run.step_id = ${filter.step ?? null})
      and (${filter.code ?? null}::text is null or run.error ->> 'code' = ${filter.code ?? null})
      and not exists (
        select from step_runs as newer
        where newer.onboarding_id = run.onboarding_id and newer.step_id = run.step_id
          and newer.revision > run.revision))`)
}

/** Whether an account is being added with a plan. */
export async function isToBeBilled(db: DatabaseConnection, organizationId: string): Promise<boolean> {
  const open = await db
    .selectFrom('onboardings')
    .select('id')
    .where('organization_id', '=', organizationId)
    .where('kind', '=', 'add-account')
    .where('settled_at', 'is', null)
    .where(sql<boolean>`request -> 'plan' is not null`)
    .executeTakeFirst()
  return open !== undefined
}

/** The ids of the runs that wait for a person to decide on a message to this user. */
export async function listStuckAtMessage(db: DatabaseConnection, userId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('onboardings')
    .select('id')
    .where('user_id', '=', userId)
    .where('settled_at', 'is', null)
    .where('status', '=', 'needs_attention')
    .where(
      sql<boolean>`exists (select from step_runs where onboarding_id = id and step_id = 'notify-user'
        and status = 'needs_attention')`,
    )
    .execute()
  return rows.map(({ id }) => id)
}

/** Where an onboarding is, read as cheaply as can be: for those who wait. */
export async function readProgress(db: DatabaseConnection, id: string): Promise<OnboardingProgress> {
  return db
    .selectFrom('onboardings')
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

/** The events after `sequence`, in order. */
export async function readEventsAfter(
  db: DatabaseConnection,
  onboardingId: string,
  sequence: number,
): Promise<StoredEvent[]> {
  return db
    .selectFrom('onboarding_events')
    .select(['sequence', 'type', 'data', 'created_at as createdAt'])
    .where('onboarding_id', '=', onboardingId)
    .where('sequence', '>', sequence)
    .orderBy('sequence')
    .execute()
}

function within(db: DatabaseConnection, subtree: Subtree) {
  return db
    .selectFrom('onboardings')
    .innerJoin('organizations as parent', 'parent.id', 'onboardings.parent_id')
    .select((onboarding) => [
      'onboardings.id',
      'onboardings.kind',
      'onboardings.parent_id as parentId',
      'onboardings.status',
      'onboardings.organization_id as organizationId',
      'onboardings.user_id as userId',
      invitationOf('onboardings.user_id').as('invitation'),
      'onboardings.request',
      'onboardings.plan',
      'onboardings.workflow_run_id as workflowRunId',
      'onboardings.event_count as lastEvent',
      'onboardings.accepted_at as acceptedAt',
      'onboardings.updated_at as updatedAt',
      'onboardings.settled_at as settledAt',
      sql<string[]>`array(
        select step_id from decisions
        where onboarding_id = onboardings.id and action = 'skip' and taken_at is not null)`.as(
        'skippedSteps',
      ),
      // In the same statement, so that an onboarding and its steps are never from two moments.
      jsonArrayFrom(
        onboarding
          .selectFrom('step_runs')
          .distinctOn('step_id')
          .select(['step_id as stepId', 'step_runs.status', 'revision', 'attempts', 'output', 'error'])
          .select('external_reference as externalReference')
          .select(['intent_at as intentAt', 'started_at as startedAt', 'finished_at as finishedAt'])
          .whereRef('onboarding_id', '=', 'onboardings.id')
          .orderBy('step_id')
          .orderBy('revision', 'desc'),
      ).as('runs'),
    ])
    .where('parent.path', '>=', subtree)
    .where('parent.path', '<', subtreeEnd(subtree))
}

type Row = Awaited<ReturnType<ReturnType<typeof within>['execute']>>[number]

function withSteps({ plan, runs, ...row }: Row): Run {
  const runOf = new Map(
    runs.map(({ stepId, intentAt, startedAt, finishedAt, error, ...run }) => [
      stepId,
      {
        ...run,
        error: error === null ? null : withVerdict(error, row.kind, run.output),
        intentAt: fromJson(intentAt),
        startedAt: fromJson(startedAt),
        finishedAt: fromJson(finishedAt),
      },
    ]),
  )
  return {
    ...row,
    steps: plan.map((planned) => {
      const run = runOf.get(planned.id) ?? neverRun
      return { planned, ...run, status: isLeft(row.status, run.status) ? 'pending' : run.status }
    }),
    // Kind and request are stored together.
  } as Run
}

/**
 * Whether the step is one that its run was cancelled at: its row stays as it was then, and nobody works or decides on it any
 * more. While undoing a step waits for a person, its run does too.
 */
function isLeft(run: OnboardingStatus, step: StepStatus): boolean {
  if (run === 'cancelling') return step === 'needs_attention'
  return run === 'cancelled' && ['needs_attention', 'retrying', 'running'].includes(step)
}

/** Errors that were recorded before verdicts were given are judged as they are read. What has an output is being undone. */
function withVerdict(error: RecordedError, kind: OperationKind, output: unknown) {
  const doing = isCorrectable(kind) ? 'correctable' : 'fixed'
  return { ...error, retry: error.retry ?? judgeRetry(error, output === null ? doing : 'undo') }
}

/** JSON has times as text. */
function fromJson(time: Date | string | null): Date | null {
  return time === null ? null : new Date(time)
}

const neverRun = {
  status: 'pending',
  revision: 0,
  attempts: 0,
  intentAt: null,
  startedAt: null,
  finishedAt: null,
  output: null,
  externalReference: null,
  error: null,
} as const

/** An onboarding that was accepted just now. */
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
    steps: onboarding.plan.map((planned) => ({ planned, ...neverRun })),
    skippedSteps: [],
    workflowRunId: null,
    lastEvent: 1,
    acceptedAt: accepted.acceptedAt,
    updatedAt: accepted.acceptedAt,
    settledAt: null,
  }
}
