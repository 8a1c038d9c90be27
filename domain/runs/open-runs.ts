import { sql } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { RunKind } from './run-requests.ts'

/** The kinds of run that change the plan, the billing or the standing of an account. An index in schema/runs.sql lists them too. */
const accountChanges = [
  'change-plan',
  'switch-billing',
  'suspend-account',
  'restore-account',
  'close-account',
] as const satisfies readonly RunKind[]

/** Whether a run is open that changes the plan, the billing or the standing of an account. */
export async function hasOpenChange(db: DatabaseConnection, organizationId: string): Promise<boolean> {
  return (await openRuns(db, organizationId, accountChanges).executeTakeFirst()) !== undefined
}

/** Whether a run that moves an account to another billing provider is open. */
export async function isBeingSwitched(db: DatabaseConnection, organizationId: string): Promise<boolean> {
  return (await openRuns(db, organizationId, ['switch-billing']).executeTakeFirst()) !== undefined
}

/** Whether the open onboarding of an account will start to bill it. */
export async function isToBeBilled(db: DatabaseConnection, organizationId: string): Promise<boolean> {
  const onboarding = openRuns(db, organizationId, ['add-account'])
  const open = await onboarding.where(sql<boolean>`request -> 'plan' is not null`).executeTakeFirst()
  return open !== undefined
}

/** The id of the open onboarding of an account. */
export async function findOpenOnboarding(
  db: DatabaseConnection,
  organizationId: string,
): Promise<string | undefined> {
  return (await openRuns(db, organizationId, ['add-account']).executeTakeFirst())?.id
}

function openRuns(db: DatabaseConnection, organizationId: string, kinds: readonly RunKind[]) {
  return db
    .selectFrom('runs')
    .select('id')
    .where('organization_id', '=', organizationId)
    .where('kind', 'in', kinds)
    .where('closed_at', 'is', null)
}
