-- The users of each organization. messages.sql has their invitations.
create table users (
  id text primary key,
  organization_id text not null references organizations (id),
  full_name text not null,
  -- Stored in lower case, so that the unique index is case-insensitive. Null: the user is deactivated and cannot sign in.
  email text check (email = lower(email)),
  -- The email of a deactivated user. Another user may have it by now.
  former_email text,
  -- The closing of the account deactivated the user, so restoring the account brings the user back.
  returns_on_restore boolean not null default false,
  -- When the user got the email. Earlier messages were sent to another one.
  email_since timestamptz not null default now(),
  email_verified boolean not null default false,
  -- Read by the identity library; never set.
  image text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint users_former_email check ((email is null) = (former_email is not null)),
  constraint users_return_when_deactivated check (email is null or not returns_on_restore)
);
create unique index users_email on users (email);
create index users_organization on users (organization_id, id);
