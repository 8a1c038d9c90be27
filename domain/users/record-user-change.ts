import { sql, type Transaction } from 'kysely'
import type { FieldChanges } from '../database/tables/organization-tables.ts'
import type { Database } from '../database/tables.ts'
import { newId } from '../ids.ts'

/**
 * Records a change of a user in the activity of an organization. The actor is the API key that made the request of the run.
 * @param change a null `user.from`: the user was moved to the organization. A null `user.to`: the user was moved away.
 */
export async function recordUserChange(
  transaction: Transaction<Database>,
  change: {
    organizationId: string
    runId: string
    fields: FieldChanges & { user: { from: string | null; to: string | null } }
  },
): Promise<void> {
  const { organizationId, runId, fields } = change
  await sql`
    insert into organization_changes (id, organization_id, actor, fields)
    select ${newId('chg')}, ${organizationId}, coalesce(api_key_id, ''), ${JSON.stringify(fields)}::jsonb
    from runs where id = ${runId}
  `.execute(transaction)
}
