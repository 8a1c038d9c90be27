import { type Kysely, sql } from 'kysely'

/**
 * `status_follows` names the organization whose suspension or closing this one went along with, so that restoring brings
 * back exactly those. `default_billing_adapter` is a partner's own choice for the accounts added below it.
 */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`
    alter table organizations
      add column status_follows text,
      add column default_billing_adapter text,
      add constraint organizations_follow_when_inactive check (status_follows is null or status <> 'active')
  `.execute(db)
  await sql`
    create index organizations_status_follows on organizations (status_follows) where status_follows is not null
  `.execute(db)
}
