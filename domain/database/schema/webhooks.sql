-- Webhook endpoints, the outbox of events, and the deliveries: see docs/decisions/0012-outbox-by-triggers.md. The triggers of
-- webhook-events.sql write the events.

-- An endpoint receives the events of its organization and of everything below it.
create table webhook_endpoints (
  id text primary key,
  organization_id text not null references organizations (id) on delete cascade,
  url text not null,
  -- Null: all types.
  events text[],
  secret text not null,
  previous_secret text,
  previous_secret_until timestamptz,
  disabled_at timestamptz,
  disabled_reason text check (disabled_reason in ('asked', 'gone')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index webhook_endpoints_organization on webhook_endpoints (organization_id, id);

-- Events. The organization is not a foreign key, because `organization.removed` is one of the events.
create table outbox_events (
  id text primary key,
  organization_id text not null,
  type text not null,
  data jsonb not null,
  created_at timestamptz not null default now()
);
create index outbox_events_age on outbox_events (created_at);

-- One event for one endpoint. Delivering an event again inserts another row.
create table webhook_deliveries (
  id text primary key,
  -- The order of the deliveries of an endpoint.
  position bigint generated always as identity unique,
  -- Not a foreign key: its check would make transactions that add accounts wait for one that deletes an endpoint.
  endpoint_id text not null,
  event_id text not null references outbox_events (id),
  organization_id text not null,
  subject_id text not null,
  status text not null default 'pending' check (status in ('pending', 'delivered', 'failed')),
  attempts integer not null default 0,
  last_attempt_at timestamptz,
  last_http_status integer,
  last_error text,
  next_attempt_at timestamptz default now(),
  created_at timestamptz not null default now(),
  check ((status = 'pending') = (next_attempt_at is not null))
);
create index webhook_deliveries_by_organization on webhook_deliveries (endpoint_id, organization_id, position)
  where status = 'pending';
create index webhook_deliveries_by_subject on webhook_deliveries (endpoint_id, subject_id, position)
  where status = 'pending';
create index webhook_deliveries_log on webhook_deliveries (endpoint_id, position);
create index webhook_deliveries_event on webhook_deliveries (event_id);
create index webhook_deliveries_age on webhook_deliveries (created_at);

-- Writes an event and a delivery for each enabled endpoint that wants it. The endpoints are those of the organization `scope_id`
-- and of the organizations above it. Without such an endpoint the event is not written. Events with the same `about_id` (an
-- organization), and events with the same `subject`, are delivered in order.
create function emit_event(event_type text, scope_id text, about_id text, subject text, details jsonb)
  returns void language plpgsql as $$
declare
  listening text[];
  event_id text;
begin
  select array_agg(id) into listening from webhook_endpoints
  where disabled_at is null and (events is null or event_type = any (events))
    and organization_id = any (string_to_array((select path from organizations where id = scope_id), '/'));
  if listening is null then
    return;
  end if;
  event_id := new_public_id('evt');
  insert into outbox_events (id, organization_id, type, data) values (event_id, about_id, event_type, details);
  insert into webhook_deliveries (id, endpoint_id, event_id, organization_id, subject_id)
    select new_public_id('dlv'), endpoint_id, event_id, about_id, subject from unnest(listening) as endpoint_id;
  perform pg_notify('webhook', '');
end $$;
