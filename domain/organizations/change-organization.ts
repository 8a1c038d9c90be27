import { sql } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { FieldChanges } from '../database/tables/organization-tables.ts'
import { newId } from '../ids.ts'
import { type Organization, organizationColumns } from './read-organizations.ts'

const changeable = [
  'name',
  'country',
  'state',
  'city',
  'addressLine1',
  'postalCode',
  'phone',
  'website',
  'externalId',
  'notes',
  'defaultBillingAdapter',
] as const

/** What of an organization people may change. Absent means: as it is; null means: remove. */
export type OrganizationChanges = Partial<Pick<Organization, (typeof changeable)[number]>>

/**
 * Changes an organization that is still as it was read, and notes who did it, in one commit.
 * @param change `actor` is the id of an API key.
 * @returns undefined when someone else changed it first.
 */
export async function changeOrganization(
  db: DatabaseConnection,
  organization: Organization,
  { changes, actor }: { changes: OrganizationChanges; actor: string },
): Promise<Organization | undefined> {
  const { addressLine1, postalCode, externalId, defaultBillingAdapter, ...sameName } = changes
  return db.transaction().execute(async (transaction) => {
    // Told by webhook as organization.updated: see database/schema/webhook-events.sql.
    const changed = await transaction
      .updateTable('organizations')
      .set({
        ...sameName,
        ...(addressLine1 === undefined ? {} : { address_line1: addressLine1 }),
        ...(postalCode === undefined ? {} : { postal_code: postalCode }),
        ...(externalId === undefined ? {} : { external_id: externalId }),
        ...(defaultBillingAdapter === undefined ? {} : { default_billing_adapter: defaultBillingAdapter }),
        version: organization.version + 1,
        updated_at: sql<Date>`now()`,
      })
      .where('id', '=', organization.id)
      .where('version', '=', organization.version)
      .returning(organizationColumns)
      .executeTakeFirst()
    if (changed === undefined) return undefined
    const fields = differences(organization, changed)
    if (Object.keys(fields).length === 0) return changed
    await transaction
      .insertInto('organization_changes')
      .values({ id: newId('chg'), organization_id: organization.id, actor, fields: JSON.stringify(fields) })
      .execute()
    return changed
  })
}

function differences(before: Organization, after: Organization): FieldChanges {
  const changed = changeable.filter((name) => before[name] !== after[name])
  return Object.fromEntries(changed.map((name) => [name, { from: before[name], to: after[name] }]))
}
