import type { Transaction } from 'kysely'
import type { Database } from '../database/tables.ts'
import { noteChange } from '../organizations/organization-changes.ts'

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
