import { type Kysely, sql } from 'kysely'

/**
 * On which of its steps a run has acted on a decision, so that acting on it twice is seen; and what the runs that were cancelled
 * before were cancelled at is not waited for any more.
 */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  `alter table decisions add column acted_on text[] not null default '{}'`,
  `update step_runs set status = 'pending' from onboardings as run
    where run.id = onboarding_id and step_runs.status in ('needs_attention', 'retrying', 'running') and run.status = 'cancelled'`,
  // What is tried again while a run is undone may be its undoing; what waits for a person is not, or the run did so too.
  `update step_runs set status = 'pending' from onboardings as run
    where run.id = onboarding_id and step_runs.status = 'needs_attention' and run.status = 'cancelling'`,
]
