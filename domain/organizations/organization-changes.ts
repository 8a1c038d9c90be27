import type { Transaction } from 'kysely'
import type { FieldChanges } from '../database/tables/organization-tables.ts'
import type { Database } from '../database/tables.ts'
import { newId } from '../ids.ts'

/** Notes in the activity of an organization what was changed, and by whom. */
export async function noteChange(
  transaction: Transaction<Database>,
  change: { organizationId: string; actor: string; fields: FieldChanges },
): Promise<void> {
  const { organizationId, actor, fields } = change
  await transaction
    .insertInto('organization_changes')
    .values({ id: newId('chg'), organization_id: organizationId, actor, fields: JSON.stringify(fields) })
    .execute()
}

/**
 * Notes in the activity of an organization that a device was added (`from` null), was removed (`to` null), or gave its
 * license to another one. @param change `actor` is the id of an API key.
 */
export async function noteDeviceChange(
  transaction: Transaction<Database>,
  change: { organizationId: string; actor: string; from: string | null; to: string | null },
): Promise<void> {
  const { organizationId, actor, from, to } = change
  await noteChange(transaction, { organizationId, actor, fields: { device: { from, to } } })
}
