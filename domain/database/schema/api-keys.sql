-- API keys. Only the hash of a key is stored.
create table api_keys (
  id text primary key,
  name text not null,
  role text not null check (role in ('platform', 'partner')),
  organization_id text not null references organizations (id),
  key_hash text not null unique,
  -- Of the bootstrap key, whose row gets another key: the hashes of its revoked keys. None of them becomes valid again.
  revoked_hashes text[] not null default '{}',
  created_at timestamptz not null default now(),
  revoked_at timestamptz
);
