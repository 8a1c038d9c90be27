import { sql } from 'kysely'
import { findBilledCustomer } from '../billing/billed-customer.ts'
import type { DatabaseConnection } from '../database/connection.ts'
import type { FieldChanges } from '../database/tables/organization-tables.ts'
import { acceptOperation, type NewOperation } from '../runs/accept-operation.ts'
import { amendRequest, lockOpenOnboarding } from '../runs/amend-request.ts'
import { isBeingSwitched } from '../runs/open-runs.ts'
import { newRevisions, type ReadsField } from '../runs/new-revisions.ts'
import type { FieldChange } from '../runs/request-changes.ts'
import { lockPlace } from './organization-tree.ts'
import { recordChange } from './record-change.ts'
import { type Organization, organizationColumns } from './read-organizations.ts'

const companyFields = [
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
] as const
const changeable = [...companyFields, 'defaultBillingAdapter'] as const

/** The fields of an organization that people may change. An absent field stays as it is; null removes the value. */
export type OrganizationChanges = Partial<Pick<Organization, (typeof changeable)[number]>>

export type ChangeOutcome =
  /** `operation` carries a new name to the billing provider of the account. */
  | { outcome: 'changed'; organization: Organization; operation?: NewOperation & { id: string } }
  /** Another change came first. Nothing changed. */
  | { outcome: 'stale' }
  /** A billing switch is open, and the new provider may have the old name. Nothing changed. */
  | { outcome: 'being_switched' }
  /** A step of the onboarding called a provider with the old value, and has no answer yet. Nothing changed. */
  | { outcome: 'being_used' }

/**
 * Changes an organization and records the change in its activity, in one transaction. The change is carried to where the old
 * values are: into the request of the open onboarding, and a new name to the billing provider of the account.
 * @param organization as the caller read it. The change applies only while the version is still the same.
 * @param change `actor` is the id of an API key. `reads` tells whether a step of the onboarding reads a field. `carryName` makes the
 * operation that carries the name to this billing adapter.
 */
export async function changeOrganization(
  db: DatabaseConnection,
  organization: Organization,
  change: {
    changes: OrganizationChanges
    actor: string
    reads: ReadsField
    carryName(billingAdapter: string): NewOperation
  },
): Promise<ChangeOutcome> {
  const { changes, actor, reads, carryName } = change
  const { id } = organization
  const { addressLine1, postalCode, externalId, defaultBillingAdapter, ...sameName } = changes
  const fields = differences(organization, { ...organization, ...changes })
  const renamed = 'name' in fields
  return db.transaction().execute(async (transaction): Promise<ChangeOutcome> => {
    // The run is locked before the organization, in the order in which the undoing of an onboarding locks them.
    const onboarding = await lockOpenOnboarding(transaction, id)
    const amended = companyChanges(fields)
    const steps = onboarding === undefined ? [] : newRevisions(onboarding, amended, reads)
    if (steps === undefined) return { outcome: 'being_used' }
    // From here on no switch is accepted until the new name is stored.
    if (renamed) await lockPlace(transaction, id)
    if (renamed && (await isBeingSwitched(transaction, id))) return { outcome: 'being_switched' }
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
      .where('id', '=', id)
      .where('version', '=', organization.version)
      .returning(organizationColumns)
      .executeTakeFirst()
    if (changed === undefined) return { outcome: 'stale' }
    if (Object.keys(fields).length > 0) await recordChange(transaction, { organizationId: id, actor, fields })
    if (onboarding !== undefined && amended.length > 0)
      await amendRequest(transaction, onboarding, { changes: amended, steps })
    const customer = renamed ? await findBilledCustomer(transaction, id) : undefined
    if (customer === undefined) return { outcome: 'changed', organization: changed }
    const operation = carryName(customer.billingAdapter)
    const accepted = await acceptOperation(transaction, operation)
    if (accepted === undefined) throw new Error('The operation that carries a name was not accepted')
    return { outcome: 'changed', organization: changed, operation: { ...operation, id: accepted.id } }
  })
}

function differences(before: Organization, after: Organization): FieldChanges {
  const changed = changeable.filter((name) => before[name] !== after[name])
  return Object.fromEntries(changed.map((name) => [name, { from: before[name], to: after[name] }]))
}

/** The changes of the request of the onboarding. */
function companyChanges(fields: FieldChanges): FieldChange[] {
  return companyFields.flatMap((name) => {
    const change = fields[name]
    return change === undefined ? [] : [{ pointer: `/company/${name}`, old: change.from, new: change.to }]
  })
}
