import { type Kysely, sql } from 'kysely'
import { newId } from '../../ids.ts'

/**
 * What people, and the clock, decided on runs: who, when, why, and what they changed. Until now it was spread over the step
 * ledger and the events; those columns stay for the version that runs while this is deployed.
 */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
  await bringOver(db)
}

const statements = [
  // It is taken once the run has acted on it, and refused when the run did not take it. Neither: not known yet.
  `create table decisions (
    id text primary key,
    onboarding_id text not null references onboardings (id),
    step_id text,
    action text not null check (action in ('retry', 'skip', 'cancel')),
    source text not null check (source in ('api', 'signal', 'clock', 'bulk')),
    signal_key text,
    actor text,
    reason text,
    undo jsonb,
    changes jsonb not null default '[]',
    revision integer,
    refusal text,
    decided_at timestamptz not null default now(),
    taken_at timestamptz,
    check (refusal is null or taken_at is null)
  )`,
  `create index decisions_onboarding on decisions (onboarding_id, id)`,
  // What was typed into Temporal, and the clock, have no row until a run takes them, and then only one.
  `create unique index decisions_signal on decisions (onboarding_id, signal_key) where signal_key is not null`,
]

interface Earlier {
  onboardingId: string
  stepId: string | null
  action: 'retry' | 'skip' | 'cancel'
  actor: string | null
  reason: string | null
  correction: unknown
  revision: number | null
  at: Date
}

const atOnce = 500

async function bringOver(db: Kysely<never>): Promise<void> {
  const { rows } = await sql<Earlier>`
    select run.onboarding_id as "onboardingId", step_id as "stepId",
      case run.status when 'skipped' then 'skip' else 'retry' end as action, actor, reason, correction, revision,
      coalesce(run.started_at, run.finished_at, onboarding.updated_at) as at
    from step_runs as run join onboardings as onboarding on onboarding.id = run.onboarding_id
    where run.actor is not null
    union all
    select event.onboarding_id, null, 'cancel', event.data ->> 'actor', event.data ->> 'reason', null, null, event.created_at
    from onboarding_events as event
    where event.type = 'onboarding' and event.data ->> 'requested' = 'cancel' and exists (
        -- It was taken, also where undoing is stuck now.
        select from onboarding_events as taken
        where taken.onboarding_id = event.onboarding_id and taken.sequence > event.sequence
          and taken.type = 'onboarding' and taken.data ->> 'status' = 'cancelling')
    order by at
  `.execute(db)
  const decisions = rows.map(({ correction, ...row }) => ({
    ...row,
    id: newId('dec'),
    changes: leavesOf(correction),
  }))
  for (let first = 0; first < decisions.length; first += atOnce)
    await sql`
      insert into decisions (id, onboarding_id, step_id, action, source, actor, reason, changes, revision, decided_at, taken_at)
      select id, "onboardingId", "stepId", action, 'api', actor, reason, changes, revision, at, at
      from jsonb_to_recordset(${JSON.stringify(decisions.slice(first, first + atOnce))}::jsonb) as decision (id text,
        "onboardingId" text, "stepId" text, action text, actor text, reason text, changes jsonb, revision integer,
        at timestamptz)
    `.execute(db)
}

/** What a merge patch sets. What there was before was not kept. */
function leavesOf(patch: unknown, pointer = ''): { pointer: string; old: null; new: unknown }[] {
  if (patch === null && pointer === '') return []
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch))
    return [{ pointer, old: null, new: patch }]
  return Object.entries(patch).flatMap(([key, value]) => leavesOf(value, `${pointer}/${key}`))
}
