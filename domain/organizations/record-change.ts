import type { Transaction } from 'kysely'
import type { FieldChanges } from '../database/tables/organization-tables.ts'
import type { Database } from '../database/tables.ts'
import { newId } from '../ids.ts'

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

/** A null `from`: the device was added. A null `to`: it was removed. Otherwise its license was moved. */
export async function recordDeviceChange(
  transaction: Transaction<Database>,
  change: { organizationId: string; actor: string; from: string | null; to: string | null },
): Promise<void> {
  const { organizationId, actor, from, to } = change
  await recordChange(transaction, { organizationId, actor, fields: { device: { from, to } } })
}
