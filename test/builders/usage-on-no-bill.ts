import { sql } from 'kysely'
import { countByKind, unbilledDevices } from '../../domain/billing/usage.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'

/** The usage of an account in a month that is on no bill, by subscription, as `trial+purchased`. */
export async function unbilledUsage(
  db: DatabaseConnection,
  organizationId: string,
  month: string,
): Promise<Record<string, string>> {
  const used = unbilledDevices(month, sql`period.organization_id = ${organizationId}`)
  const { rows } = await sql<{ subscription: string; trial: number; purchased: number }>`
    select external_subscription_id as subscription, ${countByKind} from (${used}) as used group by 1
  `.execute(db)
  return Object.fromEntries(
    rows.map(({ subscription, trial, purchased }) => [subscription, `${trial}+${purchased}`]),
  )
}
