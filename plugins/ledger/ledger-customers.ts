import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { type BillingCall, type BillingCustomer, stepError } from '../plugin-contract.ts'
import { customerUnknown } from './errors.ts'
import { ensureRecord, oncePerKey } from './records.ts'

/** Creates a customer. @throws StepError `idempotency_key_reused`. */
export function ensureCustomer(
  db: DatabaseConnection,
  call: BillingCall,
  customer: BillingCustomer,
): Promise<{ externalId: string }> {
  const { organizationId, name } = customer
  return ensureRecord(call.transaction ?? db, call.idempotencyKey, {
    request: customer,
    record: { kind: 'customer', organization_id: organizationId, customer_name: name },
  })
}

/** Changes the name of a customer. @throws StepError `customer_unknown` or `idempotency_key_reused`. */
export async function updateCustomer(
  db: DatabaseConnection,
  call: BillingCall,
  request: BillingCustomer & { customerExternalId: string },
): Promise<void> {
  const { customerExternalId, organizationId, name } = request
  await oncePerKey(db, call, { kind: 'customer_update', request }, async (transaction) => {
    const { numUpdatedRows } = await transaction
      .updateTable('ledger_records')
      .set({ customer_name: name })
      .where('id', '=', customerExternalId)
      .where('kind', '=', 'customer')
      .where('organization_id', '=', organizationId)
      .executeTakeFirst()
    if (numUpdatedRows === 0n) throw stepError(customerUnknown)
    return { kind: 'customer_update', organization_id: organizationId, customer_name: name }
  })
}
