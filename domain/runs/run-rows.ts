import { sql } from 'kysely'
import { jsonArrayFrom } from 'kysely/helpers/postgres'
import type { DatabaseConnection } from '../database/connection.ts'
import { invitationOf } from '../users/invitations.ts'
import type { Run } from './run-record.ts'
import { type Subtree, subtreeEnd } from '../access/subtree.ts'

/** A query for the runs of a subtree: onboardings by the parent, operations by the account. */
export function runsWithin(db: DatabaseConnection, subtree: Subtree) {
  return db
    .selectFrom('runs')
    .innerJoin('organizations as parent', 'parent.id', 'runs.parent_id')
    .select((run) => [
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
      // In the same statement, so that a run and its steps are from one snapshot.
      jsonArrayFrom(
        run
          .selectFrom('step_runs')
          .distinctOn('step_id')
          .select(['step_id as stepId', 'step_runs.status', 'revision', 'attempts', 'output', 'error'])
          .select('external_reference as externalReference')
          .select(['intent_at as intentAt', 'started_at as startedAt', 'finished_at as finishedAt'])
          .whereRef('run_id', '=', 'runs.id')
          .orderBy('step_id')
          .orderBy('revision', 'desc'),
      ).as('entries'),
    ])
    .where('parent.path', '>=', subtree)
    .where('parent.path', '<', subtreeEnd(subtree))
}

type Row = Awaited<ReturnType<ReturnType<typeof runsWithin>['execute']>>[number]

export function readRow({ plan, entries, ...row }: Row): Run {
  const entryOf = new Map(
    entries.map(({ stepId, intentAt, startedAt, finishedAt, ...entry }) => [
      stepId,
      {
        ...entry,
        intentAt: fromJson(intentAt),
        startedAt: fromJson(startedAt),
        finishedAt: fromJson(finishedAt),
      },
    ]),
  )
  return {
    ...row,
    steps: plan.map((planned) => ({ planned, ...(entryOf.get(planned.id) ?? noEntry) })),
    // The type cannot express that the request in a row suits its kind.
  } as Run
}

/** Times are text in JSON. */
function fromJson(time: Date | string | null): Date | null {
  return time === null ? null : new Date(time)
}

export const noEntry = {
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
