import { sql } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import { isId } from '../ids.ts'
import type { Page } from '../database/list-page.ts'

/** A change of an organization or its bills, or an event of a run or provider that concerns it. */
export interface Activity {
  id: string
  type: 'organization' | 'onboarding' | 'operation' | 'step' | 'decision' | 'bill' | 'billing'
  at: Date
  /** The id of the API key, or the name that a person typed into a signal; null when no person acted. */
  actor: string | null
  onboardingId: string | null
  operationId: string | null
  data: Record<string, unknown>
}

/**
 * Whether `value` has the form of an activity's id: the id of a change, a decision, a bill or a provider event, or
 * `<run id>:<sequence of the run event>`.
 */
export function isActivityId(value: string): boolean {
  const event = /^(.+):\d{6}$/.exec(value)
  if (event !== null) return isId(event[1] ?? '', 'onb') || isId(event[1] ?? '', 'opr')
  return isId(value, 'chg') || isId(value, 'dec') || isId(value, 'bil') || isId(value, 'pev')
}

export async function listActivity(
  db: DatabaseConnection,
  organizationId: string,
  page: Page,
): Promise<Activity[]> {
  const { rows } = await sql<Activity>`
    with activity as (
      select run.id || ':' || lpad(event.sequence::text, 6, '0') as id,
        case when event.type = 'onboarding' and run.kind <> 'add-account' then 'operation' else event.type end as type,
        event.created_at as at,
        coalesce(event.data ->> 'actor', case event.sequence when 1 then run.api_key_id end) as actor,
        case when run.kind = 'add-account' then run.id end as "onboardingId",
        case when run.kind <> 'add-account' then run.id end as "operationId",
        event.data - 'actor' || case when run.kind = 'add-account' then '{}' else jsonb_build_object('kind', run.kind) end
          as data
      from runs as run join run_events as event on event.run_id = run.id
      where run.organization_id = ${organizationId}
      union all
      select decision.id, 'decision', decision.taken_at, decision.actor,
        case when run.kind = 'add-account' then run.id end, case when run.kind <> 'add-account' then run.id end,
        jsonb_strip_nulls(jsonb_build_object('action', decision.action, 'step', decision.step_id,
          'source', decision.source, 'reason', decision.reason,
          'corrected', nullif(jsonb_path_query_array(decision.changes, '$[*].pointer'), '[]')))
      from runs as run join decisions as decision on decision.run_id = run.id
      where run.organization_id = ${organizationId} and decision.taken_at is not null
      union all
      select id, 'organization', created_at, actor, null, null, jsonb_build_object('fields', fields)
      from organization_changes
      where organization_id = ${organizationId}
      union all
      select id, 'bill', closed_at, resolved_by, null, null, jsonb_strip_nulls(jsonb_build_object(
        'month', month, 'status', status, 'reason', reason, 'successorId', successor_id))
      from bills
      where organization_id = ${organizationId} and status in ('written_off', 'handed_over')
      union all
      select id, 'billing', received_at, null, null, null, jsonb_strip_nulls(jsonb_build_object(
        'event', type, 'billingAdapter', billing_adapter, 'customerExternalId', external_customer_id,
        'subscriptionExternalId', external_subscription_id, 'invoiceExternalId', external_invoice_id))
      from provider_events
      where id in (
        select event.id from plan_periods as period join provider_events as event
          on event.billing_adapter = period.billing_adapter and event.external_customer_id = period.external_customer_id
        where period.organization_id = ${organizationId}
        union
        select event.id from plan_periods as period join provider_events as event
          on event.billing_adapter = period.billing_adapter
            and event.external_subscription_id = period.external_subscription_id
        where period.organization_id = ${organizationId})
    )
    select * from activity
    where ${page.after ?? null}::text is null or (at, id) < (select at, id from activity where id = ${page.after ?? null})
    order by at desc, id desc
    limit ${page.limit}
  `.execute(db)
  return rows
}
