import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { newId } from '../../domain/ids.ts'

/** Creates an open bill over one purchased device, without the device. @returns the id of the bill. */
export async function anOpenBill(db: DatabaseConnection, organizationId: string): Promise<string> {
  const id = newId('bil')
  const usage = { month: '2026-10', trial: 0, purchased: 1, converted: 0 }
  const at = { billing_adapter: 'stripe', external_customer_id: 'cus', external_subscription_id: id }
  await db
    .insertInto('bills')
    .values({ id, organization_id: organizationId, ...usage, ...at })
    .execute()
  return id
}
