import type { Transaction } from 'kysely'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { outlastOutage } from '../../domain/database/outage.ts'
import type { Database } from '../../domain/database/tables.ts'
import { outcomePatience } from '../../workflows/contract.ts'
import { whileHeartbeating } from './heartbeat.ts'

/**
 * Commits the outcome of a call to a provider. Only this process knows the outcome, so it tries again for `outcomePatience` while
 * the database is unreachable. After that, a person has to find out the outcome.
 * @param body may run several times.
 */
export async function commitOutcome<Result>(
  db: DatabaseConnection,
  body: (transaction: Transaction<Database>) => Promise<Result>,
): Promise<Result> {
  return whileHeartbeating(() => outlastOutage(outcomePatience, () => db.transaction().execute(body)))
}
