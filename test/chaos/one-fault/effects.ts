import { sql } from 'kysely'
import type { DatabaseConnection } from '../../../domain/database/connection.ts'

/** Counts the rows of an account with this company name in each table, independently of the API. */
export async function countEffects(db: DatabaseConnection, name: string) {
  const { rows } = await sql<typeof addedOnce>`
    with named as (select id from organizations where name = ${name})
    select
      (select count(*)::int from runs where request #>> '{company,name}' = ${name}) as onboardings,
      (select count(*)::int from named) as organizations,
      (select count(*)::int from users where organization_id in (select id from named)) as users,
      (select count(*)::int from subscriptions where organization_id in (select id from named)) as subscriptions,
      (select count(*)::int from license_pools where organization_id in (select id from named)) as "licensePools",
      (select count(*)::int from ledger_records where organization_id in (select id from named)) as "ledgerRecords"
  `.execute(db)
  return rows[0]
}

/** The counts of an account that was added once. */
export const addedOnce = {
  onboardings: 1,
  organizations: 1,
  users: 1,
  subscriptions: 1,
  licensePools: 1,
  // The customer and the subscription.
  ledgerRecords: 2,
}
