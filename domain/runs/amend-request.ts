import type { Transaction } from 'kysely'
import type { Database } from '../database/tables.ts'
import { isBeingUndone } from '../decisions/read-decisions.ts'
import { findOpenOnboarding } from './open-runs.ts'
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
  const id = await findOpenOnboarding(transaction, organizationId)
  if (id === undefined) return undefined
  const run = await lockRun(transaction, id)
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
