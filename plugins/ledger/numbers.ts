import { sql, type Transaction } from 'kysely'
import type { Database } from '../../domain/database/tables.ts'

/**
 * Takes the next number of this year's series, such as `INV-2026-000001`. The row of the series stays locked until the transaction
 * ends, and a rollback releases the number. So the series has no gaps, and invoices are issued one at a time.
 * @param prefix `INV` for invoices, `CN` for credit notes.
 */
export async function nextNumber(
  transaction: Transaction<Database>,
  prefix: 'INV' | 'CN',
): Promise<{ number: string; issuedAt: Date }> {
  const { rows } = await sql<{ series: string; last: number; issuedAt: Date }>`
    insert into ledger_numbers (series, last)
    values (${prefix} || '-' || to_char(now() at time zone 'UTC', 'YYYY'), 1)
    on conflict (series) do update set last = ledger_numbers.last + 1
    returning series, last, clock_timestamp() as "issuedAt"
  `.execute(transaction)
  const [row] = rows
  if (row === undefined) throw new Error(`The series ${prefix} gave no number`)
  return { number: `${row.series}-${String(row.last).padStart(6, '0')}`, issuedAt: row.issuedAt }
}
