-- What reconciling found that does not fit together, and who remediated it how. Nothing here refers to another table: what a
-- finding is about may be what is missing.
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
  -- Nobody decides that something is gone.
  check ((resolution in ('imported', 'deleted')) = (actor is not null and reason is not null))
);
create unique index findings_open on findings (kind, subject) where resolved_at is null;
create index findings_adopted on findings (kind, subject) where resolution = 'imported';
