import { sql } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { FieldChanges } from '../database/tables/organization-tables.ts'
import { recordChange } from './record-change.ts'
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

/** The fields of an organization that people may change. An absent field stays as it is; null removes the value. */
export type OrganizationChanges = Partial<Pick<Organization, (typeof changeable)[number]>>

/**
 * Changes an organization and records the change in its activity, in one transaction.
 * @param organization as the caller read it. The change applies only while the version is still the same.
 * @param change `actor` is the id of an API key.
 * @returns the changed organization; undefined when another change came first.
 */
export async function changeOrganization(
  db: DatabaseConnection,
  organization: Organization,
  { changes, actor }: { changes: OrganizationChanges; actor: string },
): Promise<Organization | undefined> {
  const { addressLine1, postalCode, externalId, defaultBillingAdapter, ...sameName } = changes
  return db.transaction().execute(async (transaction) => {
    // Sends the webhook event organization.updated: see database/schema/webhook-events.sql.
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
    await recordChange(transaction, { organizationId: organization.id, actor, fields })
    return changed
  })
}

function differences(before: Organization, after: Organization): FieldChanges {
  const changed = changeable.filter((name) => before[name] !== after[name])
  return Object.fromEntries(changed.map((name) => [name, { from: before[name], to: after[name] }]))
}
