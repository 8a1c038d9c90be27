import { sql } from 'kysely'
import type { DatabaseConnection } from './database/connection.ts'
import { isId } from './ids.ts'
import type { Page } from './organizations.ts'

/** Something that happened to an organization, or to the onboarding that made it. */
export interface Activity {
  id: string
  type: 'organization' | 'onboarding' | 'step' | 'billing'
  at: Date
  /** The id of the API key that asked for it, where somebody did. */
  actor: string | null
  onboardingId: string | null
  data: Record<string, unknown>
}

/**
 * Whether `value` may be the id of an activity: that of a change or of what a provider told, or an onboarding's with the
 * sequence of an event.
 */
export function isActivityId(value: string): boolean {
  const event = /^(.+):\d{6}$/.exec(value)
  if (event !== null) return isId(event[1] ?? '', 'onb')
  return isId(value, 'chg') || isId(value, 'pev')
}

/** What happened to an organization, newest first. */
export async function listActivity(
  db: DatabaseConnection,
  organizationId: string,
  page: Page,
): Promise<Activity[]> {
  const { rows } = await sql<Activity>`
    with activity as (
      select onboarding.id || ':' || lpad(event.sequence::text, 6, '0') as id, event.type, event.created_at as at,
        coalesce(event.data ->> 'actor', case event.sequence when 1 then onboarding.api_key_id end) as actor,
        onboarding.id as "onboardingId", event.data - 'actor' as data
      from onboardings as onboarding join onboarding_events as event on event.onboarding_id = onboarding.id
      where onboarding.organization_id = ${organizationId}
      union all
      select id, 'organization', created_at, actor, null, jsonb_build_object('fields', fields)
      from organization_changes
      where organization_id = ${organizationId}
      union all
      select id, 'billing', received_at, null, null, jsonb_strip_nulls(jsonb_build_object(
        'event', type, 'billingAdapter', billing_adapter, 'customerExternalId', external_customer_id,
        'subscriptionExternalId', external_subscription_id, 'invoiceExternalId', external_invoice_id))
      from provider_events as told
      where exists (
        select from plan_periods as period
        where period.organization_id = ${organizationId} and period.billing_adapter = told.billing_adapter
          and (period.external_customer_id = told.external_customer_id
            or period.external_subscription_id = told.external_subscription_id))
    )
    select * from activity
    where ${page.after ?? null}::text is null or (at, id) < (select at, id from activity where id = ${page.after ?? null})
    order by at desc, id desc
    limit ${page.limit}
  `.execute(db)
  return rows
}
