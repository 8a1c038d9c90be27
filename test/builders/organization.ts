import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { insertOrganization } from '../../domain/organizations/organization-tree.ts'
import type { AccountType } from '../../domain/organizations/organization-types.ts'

/** Adds an organization below a parent, without a run. The default is a partner. @returns its id. */
export async function anOrganization(
  db: DatabaseConnection,
  parentId: string,
  { type = 'partner', name = 'Contoso' }: { type?: AccountType; name?: string } = {},
): Promise<string> {
  const company = { name, country: 'US', state: 'US-WA' }
  return db
    .transaction()
    .execute((transaction) => insertOrganization(transaction, { parentId, type, company }))
}

/** Sets the status of an organization, without a run. */
export async function setStatus(
  db: DatabaseConnection,
  id: string,
  status: 'active' | 'suspended' | 'closed',
): Promise<void> {
  await db.updateTable('organizations').set({ status }).where('id', '=', id).execute()
}
