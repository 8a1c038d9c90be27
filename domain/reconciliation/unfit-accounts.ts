import { sql } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { Sighting } from './findings.ts'
import { hasOpenRun, isOlder, isWithin, type RowRange } from './row-range.ts'

export const accountFindingKinds = [
  'organization_without_onboarding',
  'organization_of_ended_onboarding',
  'plan_missing',
  'license_pool_missing',
  'licenses_over_limit',
] as const

interface Row {
  kind: (typeof accountFindingKinds)[number]
  organizationId: string
  runId: string | null
  allocated: number | null
  assigned: number
}

/** Ignores organizations with an open run and those younger than the grace, in milliseconds. */
export async function findUnfitAccounts(
  db: DatabaseConnection,
  range: RowRange,
  grace: number,
): Promise<Sighting[]> {
  const { rows } = await sql<Row>`
    with account as (
      select organization.id, run.id as run_id, run.status as run_status, run.has_plan, pool.allocated,
        subscription.status as subscription_status, pool.organization_id is not null as has_pool,
        (select count(*)::integer from license_assignments as held
         where held.pool_organization_id = organization.id and held.released_at is null) as assigned
      from organizations as organization
      left join lateral (
        select id, status, request -> 'plan' is not null as has_plan from runs
        where organization_id = organization.id and kind = 'add-account'
        order by status = 'completed' desc, id desc limit 1
      ) as run on true
      left join subscriptions as subscription on subscription.organization_id = organization.id
      left join license_pools as pool on pool.organization_id = organization.id
      where ${isWithin(sql`organization.id`, range)} and organization.type <> 'platform'
        and organization.status <> 'closed' and ${isOlder(sql`organization.created_at`, grace)}
        and not ${hasOpenRun(sql`organization.id`)}
    )
    select found.kind, account.id as "organizationId", account.run_id as "runId", account.allocated, account.assigned
    from account cross join lateral (values
      ('organization_without_onboarding', run_id is null),
      ('organization_of_ended_onboarding', run_status in ('cancelled', 'failed')),
      ('plan_missing', run_status = 'completed' and has_plan and subscription_status is null),
      ('license_pool_missing', subscription_status in ('active', 'expired') and not has_pool),
      ('licenses_over_limit', assigned > allocated)
    ) as found (kind, holds)
    where found.holds
    order by account.id, found.kind
  `.execute(db)
  return rows.map(({ kind, organizationId, runId, allocated, assigned }) => ({
    kind,
    subject: organizationId,
    organizationId,
    billingAdapter: null,
    details: { runId, ...(kind === 'licenses_over_limit' ? { allocated, assigned } : {}) },
  }))
}
