import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { insertOrganization } from '../../domain/organizations/organization-tree.ts'
import type { AccountType } from '../../domain/organizations/organization-types.ts'

/** An organization as the steps would have made it; name only what the test is about. */
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
