import { type Insertable, type Selectable, sql, type Transaction } from 'kysely'
import { hashBody } from '../../domain/runs/accept-run.ts'
import { idempotencyKeyReused } from '../../domain/billing/billing-errors.ts'
import type { LedgerRecordsTable } from '../../domain/database/tables/ledger-tables.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import type { Database } from '../../domain/database/tables.ts'
import { newId } from '../../domain/ids.ts'
import { type BillingCall, stepError } from '../plugin-contract.ts'

export type LedgerRecord = Selectable<LedgerRecordsTable>
/** A record as it is asked for; its key and its id are given to it. */
export type NewRecord = Omit<Insertable<LedgerRecordsTable>, 'idempotency_key' | 'id' | 'request_hash'>

/**
 * Keeps a customer or a subscription under the caller's key. The same key again answers the first record.
 * @throws StepError `idempotency_key_reused` when it was asked for something else.
 */
export async function ensureRecord(
  db: DatabaseConnection,
  idempotencyKey: string,
  asked: { record: NewRecord; request: unknown },
): Promise<{ externalId: string }> {
  const hash = requestHash(asked.record.kind, asked.request)
  const inserted = await insertRecord(db, idempotencyKey, hash, asked.record)
  if (inserted !== undefined) return { externalId: inserted }
  const earlier = await recordUnder(db, idempotencyKey)
  if (earlier === undefined) throw new Error('The record of an earlier call is gone')
  refuseOther(earlier, asked.record.kind, hash)
  return { externalId: earlier.id }
}

/**
 * Does something once a key, in the caller's transaction or one of its own. Calls with one key wait for each other, so
 * `perform` runs only when there is nothing under the key yet.
 * @throws StepError `idempotency_key_reused` when the key was used for something else.
 */
export async function oncePerKey(
  db: DatabaseConnection,
  call: BillingCall,
  asked: { kind: LedgerRecord['kind']; request: unknown },
  perform: (transaction: Transaction<Database>) => Promise<NewRecord>,
): Promise<LedgerRecord> {
  const hash = requestHash(asked.kind, asked.request)
  return within(db, call, async (transaction) => {
    await sql`select pg_advisory_xact_lock(hashtextextended('ledger:' || ${call.idempotencyKey}, 0))`.execute(
      transaction,
    )
    const earlier = await recordUnder(transaction, call.idempotencyKey)
    if (earlier !== undefined) {
      refuseOther(earlier, asked.kind, hash)
      return earlier
    }
    await insertRecord(transaction, call.idempotencyKey, hash, await perform(transaction))
    const made = await recordUnder(transaction, call.idempotencyKey)
    if (made === undefined) throw new Error('A record was not kept')
    return made
  })
}

function within<Result>(
  db: DatabaseConnection,
  call: BillingCall,
  body: (transaction: Transaction<Database>) => Promise<Result>,
): Promise<Result> {
  return call.transaction === undefined ? db.transaction().execute(body) : body(call.transaction)
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

/** The id that the call which made the record answered. */
export function externalIdOf(record: LedgerRecord): string {
  const isAboutSubscription = record.kind === 'plan_change' || record.kind === 'cancellation'
  return isAboutSubscription ? (record.subscription_id ?? record.id) : record.id
}

/** @returns the new record's id, or undefined when the key is taken. */
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

function refuseOther(earlier: LedgerRecord, kind: LedgerRecord['kind'], hash: string): void {
  if (earlier.kind !== kind || earlier.request_hash !== hash) throw stepError(idempotencyKeyReused)
}
