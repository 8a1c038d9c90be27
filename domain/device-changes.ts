import type { Transaction } from 'kysely'
import type { Database, FieldChanges } from './database/tables.ts'
import { newId } from './ids.ts'

/**
 * Notes in the activity of an organization that a device was added (`from` null), was removed (`to` null), or gave its
 * license to another one. @param change `actor` is the id of an API key.
 */
export async function noteDeviceChange(
  transaction: Transaction<Database>,
  change: { organizationId: string; actor: string; from: string | null; to: string | null },
): Promise<void> {
  const { organizationId, actor, from, to } = change
  const fields: FieldChanges = { device: { from, to } }
  await transaction
    .insertInto('organization_changes')
    .values({ id: newId('chg'), organization_id: organizationId, actor, fields: JSON.stringify(fields) })
    .execute()
}
