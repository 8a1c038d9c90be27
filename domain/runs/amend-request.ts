import { sql, type Transaction } from 'kysely'
import type { Database } from '../database/tables.ts'
import { isBeingUndone } from '../decisions/read-decisions.ts'
import { applyChanges, type FieldChange } from './request-changes.ts'
import { closedStatuses } from './run-record.ts'
import { lockRun, type LockedRun, record, type StepChange } from './step-journal.ts'

/**
 * Locks the onboarding of an organization until the transaction ends.
 * @returns undefined when it is closed, or is being undone, so that no step has another effect.
 */
export async function lockOpenOnboarding(
  transaction: Transaction<Database>,
  organizationId: string,
): Promise<LockedRun | undefined> {
  const open = await transaction
    .selectFrom('runs')
    .select('id')
    .where('organization_id', '=', organizationId)
    .where('kind', '=', 'add-account')
    .where('closed_at', 'is', null)
    .executeTakeFirst()
  if (open === undefined) return undefined
  const run = await lockRun(transaction, open.id)
  const ends = closedStatuses.includes(run.status) || run.status === 'cancelling'
  return ends || (await isBeingUndone(transaction, run.id)) ? undefined : run
}

/** Brings changes into the request of an open run, so that the steps to come read the new values. @param steps see `newRevisions`. */
export async function amendRequest(
  transaction: Transaction<Database>,
  run: LockedRun,
  { changes, steps }: { changes: readonly FieldChange[]; steps: StepChange[] },
): Promise<void> {
  const { request } = applyChanges(run.request, changes)
  await record(transaction, run, { steps, run: { status: run.status, request } })
}

/** Whether a run that moves the account to another billing provider is open. */
export async function isBeingSwitched(
  transaction: Transaction<Database>,
  organizationId: string,
): Promise<boolean> {
  const { rows } = await sql<{ open: boolean }>`
    select exists (
      select from runs where organization_id = ${organizationId} and kind = 'switch-billing' and closed_at is null) as open
  `.execute(transaction)
  return rows[0]?.open ?? false
}
