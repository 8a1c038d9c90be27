import type { Transaction } from 'kysely'
import type { FieldChanges } from '../database/tables/organization-tables.ts'
import type { Database } from '../database/tables.ts'
import { newId } from '../ids.ts'

/** Records a change in the activity of an organization. @param change `actor` is the id of an API key or a name. */
export async function recordChange(
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
 * Records in the activity of an organization that a device was added (`from` null) or removed (`to` null), or that its
 * license was moved to another device.
 * @param change `actor` is the id of an API key. `from` and `to` are ids of devices.
 */
export async function recordDeviceChange(
  transaction: Transaction<Database>,
  change: { organizationId: string; actor: string; from: string | null; to: string | null },
): Promise<void> {
  const { organizationId, actor, from, to } = change
  await recordChange(transaction, { organizationId, actor, fields: { device: { from, to } } })
}
