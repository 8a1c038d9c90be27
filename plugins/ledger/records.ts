import { type Insertable, type Selectable, sql, type Transaction } from 'kysely'
import { hashBody } from '../../domain/runs/idempotency.ts'
import { idempotencyKeyReused } from '../../domain/billing/billing-errors.ts'
import type { LedgerRecordsTable } from '../../domain/database/tables/ledger-tables.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { inTransaction } from '../../domain/database/joined-transaction.ts'
import type { Database } from '../../domain/database/tables.ts'
import { newId } from '../../domain/ids.ts'
import { type BillingCall, stepError } from '../plugin-contract.ts'

export type LedgerRecord = Selectable<LedgerRecordsTable>
export type NewRecord = Omit<Insertable<LedgerRecordsTable>, 'idempotency_key' | 'id' | 'request_hash'>

/** The same key again returns the first record. @throws StepError `idempotency_key_reused` when it was used for another request. */
export async function ensureRecord(
  db: DatabaseConnection,
  idempotencyKey: string,
  { record, request }: { record: NewRecord; request: unknown },
): Promise<{ externalId: string }> {
  const hash = requestHash(record.kind, request)
  const inserted = await insertRecord(db, idempotencyKey, hash, record)
  if (inserted !== undefined) return { externalId: inserted }
  const earlier = await recordUnder(db, idempotencyKey)
  if (earlier === undefined) throw new Error('The record of an earlier call is gone')
  refuseOtherRequest(earlier, record.kind, hash)
  return { externalId: earlier.id }
}

/**
 * Runs `perform` once for each idempotency key, in the transaction of the caller or in one of its own, and stores the record
 * that it returns. Calls with the same key wait for each other. A repeated call returns the first record.
 * @throws StepError `idempotency_key_reused` when the key was used for another request.
 */
export async function oncePerKey(
  db: DatabaseConnection,
  call: BillingCall,
  { kind, request }: { kind: LedgerRecord['kind']; request: unknown },
  perform: (transaction: Transaction<Database>) => Promise<NewRecord>,
): Promise<LedgerRecord> {
  const hash = requestHash(kind, request)
  return inTransaction(db, call.transaction, async (transaction) => {
    await sql`select pg_advisory_xact_lock(hashtextextended('ledger:' || ${call.idempotencyKey}, 0))`.execute(
      transaction,
    )
    const earlier = await recordUnder(transaction, call.idempotencyKey)
    if (earlier !== undefined) {
      refuseOtherRequest(earlier, kind, hash)
      return earlier
    }
    await insertRecord(transaction, call.idempotencyKey, hash, await perform(transaction))
    const record = await recordUnder(transaction, call.idempotencyKey)
    if (record === undefined) throw new Error('A record was not kept')
    return record
  })
}

export async function recordUnder(
  db: DatabaseConnection,
  idempotencyKey: string,
): Promise<LedgerRecord | undefined> {
  return db
    .selectFrom('ledger_records')
    .selectAll()
    .where('idempotency_key', '=', idempotencyKey)
    .executeTakeFirst()
}

/** The `externalId` that the call of the record returned. */
export function externalIdOf(record: LedgerRecord): string {
  const isAboutSubscription = record.kind === 'plan_change' || record.kind === 'cancellation'
  return isAboutSubscription ? (record.subscription_id ?? record.id) : record.id
}

async function insertRecord(
  db: DatabaseConnection,
  idempotencyKey: string,
  hash: string,
  record: NewRecord,
): Promise<string | undefined> {
  const row = await db
    .insertInto('ledger_records')
    .values({ ...record, idempotency_key: idempotencyKey, id: newId('led'), request_hash: hash })
    .onConflict((conflict) => conflict.column('idempotency_key').doNothing())
    .returning('id')
    .executeTakeFirst()
  return row?.id
}

function requestHash(kind: LedgerRecord['kind'], request: unknown): string {
  return hashBody({ kind, request })
}

function refuseOtherRequest(earlier: LedgerRecord, kind: LedgerRecord['kind'], hash: string): void {
  if (earlier.kind !== kind || earlier.request_hash !== hash) throw stepError(idempotencyKeyReused)
}
