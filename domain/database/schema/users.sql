-- The users of each organization. messages.sql has their invitations.
create table users (
  id text primary key,
  organization_id text not null references organizations (id),
  full_name text not null,
  -- Stored in lower case, so that the unique index is case-insensitive.
  email text not null check (email = lower(email)),
  email_verified boolean not null default false,
  -- Read by the identity library; never set.
  image text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create unique index users_email on users (email);
create index users_organization on users (organization_id, id);
