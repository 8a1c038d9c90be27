import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { newId } from '../../domain/ids.ts'
import { insertOrganization } from '../../domain/organizations/organization-tree.ts'
import { platformPath } from '../../domain/organizations/read-organizations.ts'
import { decideStanding, lockStanding } from '../../domain/organizations/standing.ts'
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

/** Suspends, closes or restores an organization as the platform, without a run. */
export async function setStatus(
  db: DatabaseConnection,
  id: string,
  status: 'active' | 'suspended' | 'closed',
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const place = await lockStanding(transaction, id)
    if (place === undefined) throw new Error(`There is no organization ${id}.`)
    const level = await platformPath(transaction)
    await decideStanding(transaction, place, { level, status, by: newId('opr') })
  })
}
