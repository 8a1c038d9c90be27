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
