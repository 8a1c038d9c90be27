-- API keys. Only the hash of a key is stored.
create table api_keys (
  id text primary key,
  name text not null,
  role text not null check (role in ('platform', 'partner')),
  organization_id text not null references organizations (id),
  key_hash text not null unique,
  created_at timestamptz not null default now(),
  revoked_at timestamptz
);
