-- The findings of reconciliation, and who resolved each one. There are no foreign keys, because the object of a finding may be
-- missing.
create table findings (
  id text primary key,
  kind text not null,
  subject text not null,
  organization_id text,
  billing_adapter text,
  details jsonb not null,
  first_seen_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  resolved_at timestamptz,
  resolution text check (resolution in ('gone', 'imported', 'deleted')),
  actor text,
  reason text,
  check ((resolved_at is null) = (resolution is null)),
  -- A person resolves a finding by importing or deleting; a round resolves it as gone.
  check ((resolution in ('imported', 'deleted')) = (actor is not null and reason is not null))
);
create unique index findings_open on findings (kind, subject) where resolved_at is null;
create index findings_imported on findings (kind, subject) where resolution = 'imported';
