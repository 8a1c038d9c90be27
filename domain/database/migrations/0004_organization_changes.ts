import { type Kysely, sql } from 'kysely'

/** Who changed which fields of an organization, from what to what. */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`
    create table organization_changes (
      id text primary key,
      organization_id text not null references organizations (id) on delete cascade,
      actor text not null,
      fields jsonb not null,
      created_at timestamptz not null default now()
    )`.execute(db)
  await sql`create index organization_changes_organization on organization_changes (organization_id)`.execute(
    db,
  )
}
