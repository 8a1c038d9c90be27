import { sql } from 'kysely'
import { jsonArrayFrom } from 'kysely/helpers/postgres'
import type { DatabaseConnection } from '../database/connection.ts'
import { invitationOf } from '../users/invitations.ts'
import type { Run } from './run-record.ts'
import { type Subtree, subtreeEnd } from '../access/subtree.ts'

/** The runs whose account, or whose parent, lies in the subtree. */
export function runsWithin(db: DatabaseConnection, subtree: Subtree) {
  return db
    .selectFrom('runs')
    .innerJoin('organizations as parent', 'parent.id', 'runs.parent_id')
    .select((onboarding) => [
      'runs.id',
      'runs.kind',
      'runs.parent_id as parentId',
      'runs.status',
      'runs.organization_id as organizationId',
      'runs.user_id as userId',
      invitationOf('runs.user_id').as('invitation'),
      'runs.request',
      'runs.plan',
      'runs.workflow_run_id as workflowRunId',
      'runs.event_count as lastEvent',
      'runs.accepted_at as acceptedAt',
      'runs.updated_at as updatedAt',
      'runs.closed_at as closedAt',
      sql<string[]>`array(
        select step_id from decisions
        where run_id = runs.id and action = 'skip' and taken_at is not null)`.as('skippedSteps'),
      // In the same statement, so that an onboarding and its steps are never from two moments.
      jsonArrayFrom(
        onboarding
          .selectFrom('step_runs')
          .distinctOn('step_id')
          .select(['step_id as stepId', 'step_runs.status', 'revision', 'attempts', 'output', 'error'])
          .select('external_reference as externalReference')
          .select(['intent_at as intentAt', 'started_at as startedAt', 'finished_at as finishedAt'])
          .whereRef('run_id', '=', 'runs.id')
          .orderBy('step_id')
          .orderBy('revision', 'desc'),
      ).as('runs'),
    ])
    .where('parent.path', '>=', subtree)
    .where('parent.path', '<', subtreeEnd(subtree))
}

type Row = Awaited<ReturnType<ReturnType<typeof runsWithin>['execute']>>[number]

/** @param row as `runsWithin` has it. */
export function readRow({ plan, runs, ...row }: Row): Run {
  const runOf = new Map(
    runs.map(({ stepId, intentAt, startedAt, finishedAt, ...run }) => [
      stepId,
      {
        ...run,
        intentAt: fromJson(intentAt),
        startedAt: fromJson(startedAt),
        finishedAt: fromJson(finishedAt),
      },
    ]),
  )
  return {
    ...row,
    steps: plan.map((planned) => ({ planned, ...(runOf.get(planned.id) ?? neverRun) })),
    // Kind and request are stored together.
  } as Run
}

/** JSON has times as text. */
function fromJson(time: Date | string | null): Date | null {
  return time === null ? null : new Date(time)
}

/** A step that no attempt was made at. */
export const neverRun = {
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
