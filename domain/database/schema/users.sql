-- The people of an organization. Where a person's invitation is, messages.sql knows.
create table users (
  id text primary key,
  organization_id text not null references organizations (id),
  full_name text not null,
  -- Kept in lower case, so that a plain unique index compares without regard to case.
  email text not null check (email = lower(email)),
  email_verified boolean not null default false,
  -- The identity library reads it. Nothing of ours sets it.
  image text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create unique index users_email on users (email);
create index users_organization on users (organization_id, id);
