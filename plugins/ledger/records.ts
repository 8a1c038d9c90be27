import { sql } from 'kysely'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { newId } from '../../domain/ids.ts'
import type { BillingPlan } from '../contract.ts'

interface NewRecord {
  kind: 'customer' | 'subscription'
  organizationId: string
  plan?: BillingPlan
}

/** Keeps a customer or a subscription under the caller's key. The same key again answers the first record. */
export async function ensureRecord(
  db: DatabaseConnection,
  idempotencyKey: string,
  record: NewRecord,
): Promise<{ externalId: string }> {
  const row = await db
    .insertInto('ledger_records')
    .values({
      idempotency_key: idempotencyKey,
      id: newId('led'),
      kind: record.kind,
      organization_id: record.organizationId,
      plan: record.plan === undefined ? null : JSON.stringify(record.plan),
    })
    // Setting the key to itself makes the row of an earlier call come back.
    .onConflict((conflict) =>
      conflict
        .column('idempotency_key')
        .doUpdateSet((eb) => ({ idempotency_key: eb.ref('excluded.idempotency_key') })),
    )
    .returning('id')
    .executeTakeFirstOrThrow()
  return { externalId: row.id }
}

export async function findRecord(
  db: DatabaseConnection,
  idempotencyKey: string,
): Promise<{ externalId: string } | undefined> {
  const row = await db
    .selectFrom('ledger_records')
    .select('id')
    .where('idempotency_key', '=', idempotencyKey)
    .executeTakeFirst()
  return row === undefined ? undefined : { externalId: row.id }
}

/** Ends a subscription; the record stays. Ending one that has ended is harmless. */
export async function cancelRecord(db: DatabaseConnection, id: string): Promise<void> {
  await db
    .updateTable('ledger_records')
    .set({ cancelled_at: sql<Date>`coalesce(cancelled_at, now())` })
    .where('id', '=', id)
    .execute()
}
