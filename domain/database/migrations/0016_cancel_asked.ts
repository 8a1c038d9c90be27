import { type Kysely, sql } from 'kysely'

/** Whoever completes a run sees, under its lock, that a cancel was written down before. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  `create index decisions_open_cancels on decisions (onboarding_id)
    where action = 'cancel' and taken_at is null and refusal is null`,

  `create or replace function lock_onboarding(wanted text) returns jsonb language plpgsql as $$
  declare
    locked onboardings%rowtype;
  begin
    select * into locked from onboardings where id = wanted for update;
    if not found then
      return null;
    end if;
    return jsonb_build_object(
      'id', locked.id,
      'kind', locked.kind,
      'parentId', locked.parent_id,
      'status', locked.status,
      'request', locked.request,
      'plan', locked.plan,
      'cancelAsked', exists (
        select from decisions
        where onboarding_id = wanted and action = 'cancel' and taken_at is null and refusal is null),
      'runs', (
        select coalesce(jsonb_agg(jsonb_build_object(
          'stepId', step_id, 'revision', revision, 'status', status, 'attempts', attempts, 'retries', retries,
          'attemptToken', attempt_token, 'intentAt', intent_at, 'output', output, 'error', error)), '[]')
        from (
          select distinct on (step_id) * from step_runs where onboarding_id = wanted order by step_id, revision desc
        ) as newest));
  end $$`,
]
