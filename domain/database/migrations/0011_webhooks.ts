import { type Kysely, sql } from 'kysely'

/**
 * Webhooks: triggers write what happened, and to whom it is to be told, in the transaction in which it happens. An event
 * that nobody listens to is not written. See docs/decisions/0012-outbox-by-triggers.md.
 */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of [...tables, ...functions, ...triggers]) await sql.raw(statement).execute(db)
}

const tables = [
  // It is told of its organization and of everything below. `events` is null for all types.
  `create table webhook_endpoints (
    id text primary key,
    organization_id text not null references organizations (id) on delete cascade,
    url text not null,
    events text[],
    secret text not null,
    previous_secret text,
    previous_secret_until timestamptz,
    disabled_at timestamptz,
    disabled_reason text check (disabled_reason in ('asked', 'gone')),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
  )`,
  `create index webhook_endpoints_organization on webhook_endpoints (organization_id, id)`,

  `create table outbox_events (
    id text primary key,
    organization_id text not null,
    type text not null,
    data jsonb not null,
    created_at timestamptz not null default now()
  )`,

  // One event for one endpoint; delivered again, it is another row. `position` is the order. What refers to an endpoint
  // is not a foreign key: checking it would make those who add accounts wait for one who deletes an endpoint.
  `create table webhook_deliveries (
    id text primary key,
    position bigint generated always as identity unique,
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
  )`,
  `create index webhook_deliveries_by_organization on webhook_deliveries (endpoint_id, organization_id, position)
    where status = 'pending'`,
  `create index webhook_deliveries_by_subject on webhook_deliveries (endpoint_id, subject_id, position)
    where status = 'pending'`,
  `create index webhook_deliveries_log on webhook_deliveries (endpoint_id, position)`,
  `create index webhook_deliveries_event on webhook_deliveries (event_id)`,
  `create index webhook_deliveries_age on webhook_deliveries (created_at)`,
  `create index outbox_events_age on outbox_events (created_at)`,
]

const functions = [
  // The same as our ids made in TypeScript: a UUIDv7, 128 bits, as 26 characters of 5 bits.
  `create function new_public_id(prefix text) returns text language sql volatile as $$
    with uuid as (
      select ('x' || lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0')
        || '7' || substr(replace(gen_random_uuid()::text, '-', ''), 14))::bit(128) as bits
    )
    select prefix || '_' || string_agg(
      substr('0123456789abcdefghjkmnpqrstvwxyz',
        substring(b'00' || bits from 5 * place + 1 for 5)::bit(5)::integer + 1, 1), '' order by place)
    from uuid, generate_series(0, 25) as place
  $$`,

  // `scope_id`: it is told to endpoints of this organization and of those above. Events with the same `about_id`, an
  // organization, are delivered in order, and so are those with the same `subject`.
  `create function emit_event(event_type text, scope_id text, about_id text, subject text, details jsonb)
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
  end $$`,

  // Judged, as by the API, by the parent. Until there is an account, it is about the parent.
  `create function emit_onboarding_event() returns trigger language plpgsql as $$
  begin
    perform emit_event(
      case new.kind when 'add-account' then 'onboarding.' else 'operation.' end || new.status,
      new.parent_id, coalesce(new.organization_id, new.parent_id), new.id,
      case new.kind
        when 'add-account' then jsonb_build_object('onboardingId', new.id, 'parentId', new.parent_id,
          'organizationId', new.organization_id, 'status', new.status)
        else jsonb_build_object('operationId', new.id, 'kind', new.kind,
          'organizationId', coalesce(new.organization_id, new.parent_id), 'status', new.status)
      end);
    return null;
  end $$`,

  `create function emit_organization_event() returns trigger language plpgsql as $$
  declare
    organization organizations := case tg_op when 'DELETE' then old else new end;
    what text := case tg_op when 'INSERT' then 'created' when 'DELETE' then 'removed' else 'updated' end;
  begin
    if tg_op = 'UPDATE' and old.status <> new.status then
      what := case new.status when 'active' then 'restored' else new.status end;
    end if;
    perform emit_event('organization.' || what,
      case tg_op when 'DELETE' then old.parent_id else new.id end, organization.id, organization.id,
      jsonb_build_object('organizationId', organization.id, 'parentId', organization.parent_id,
        'type', organization.type, 'status', organization.status, 'version', organization.version));
    return null;
  end $$`,

  `create function emit_plan_event(what text, period plan_periods) returns void language sql as $$
    select emit_event('plan.' || what, period.organization_id, period.organization_id, period.organization_id,
      jsonb_build_object('organizationId', period.organization_id, 'kind', period.kind, 'licenses', period.licenses,
        'billingAdapter', period.billing_adapter))
  $$`,
  // A period that begins when another one ends goes on from it; that is not looked at while nobody listens.
  `create function emit_plan_begun() returns trigger language plpgsql as $$
  begin
    if not exists (select from webhook_endpoints) then
      return null;
    end if;
    perform emit_plan_event(
      case when tg_op = 'UPDATE' or exists (
        select from plan_periods as earlier
        where earlier.organization_id = new.organization_id and earlier.id <> new.id and earlier.ends_at = new.starts_at)
      then 'changed' else 'started' end, new);
    return null;
  end $$`,
  // Runs at the commit: what ends a period and begins the next one is a change, in whichever order it does so.
  `create function emit_plan_ended() returns trigger language plpgsql as $$
  begin
    if not exists (select from plan_periods where organization_id = old.organization_id and ends_at is null) then
      perform emit_plan_event('ended', old);
    end if;
    return null;
  end $$`,
  `create function emit_subscription_event() returns trigger language plpgsql as $$
  begin
    perform emit_event(tg_argv[0], new.organization_id, new.organization_id, new.organization_id,
      jsonb_build_object('organizationId', new.organization_id, 'kind', new.kind, 'status', new.status));
    return null;
  end $$`,

  `create function emit_assignment_event() returns trigger language plpgsql as $$
  declare
    owner text := (select organization_id from devices where id = new.device_id);
  begin
    perform emit_event(tg_argv[0], owner, owner, new.device_id,
      jsonb_build_object('organizationId', owner, 'poolOrganizationId', new.pool_organization_id,
        'deviceId', new.device_id, 'licenseId', new.id));
    return null;
  end $$`,
  `create function emit_allocation_event() returns trigger language plpgsql as $$
  begin
    perform emit_event('license.allocation_changed', new.organization_id, new.organization_id, new.organization_id,
      jsonb_build_object('organizationId', new.organization_id, 'allocated', new.allocated));
    return null;
  end $$`,

  `create function emit_invoice_event() returns trigger language plpgsql as $$
  begin
    perform emit_event(new.kind || '.issued', new.organization_id, new.organization_id, new.id,
      jsonb_build_object('organizationId', new.organization_id, 'invoiceId', new.id, 'number', new.number,
        'month', new.month, 'corrects', new.corrects, 'billingAdapter', new.billing_adapter));
    return null;
  end $$`,
]

// What a trigger is not for is left out by its `when`: that costs nearly nothing.
const triggers = [
  `create trigger onboardings_emit_accepted after insert on onboardings
    for each row execute function emit_onboarding_event()`,
  `create trigger onboardings_emit after update of status on onboardings for each row
    when (old.status <> new.status and new.status in ('needs_attention', 'completed', 'cancelled', 'failed'))
    execute function emit_onboarding_event()`,

  `create trigger organizations_emit_new after insert or delete on organizations
    for each row execute function emit_organization_event()`,
  `create trigger organizations_emit after update on organizations for each row
    when (old.status <> new.status or old.version <> new.version) execute function emit_organization_event()`,

  `create trigger plan_periods_emit_begun after insert on plan_periods
    for each row execute function emit_plan_begun()`,
  `create trigger plan_periods_emit_changed after update on plan_periods for each row
    when (new.ends_at is null and (old.kind, old.licenses, old.billing_adapter)
      is distinct from (new.kind, new.licenses, new.billing_adapter))
    execute function emit_plan_begun()`,
  `create constraint trigger plan_periods_emit_ended after update on plan_periods
    deferrable initially deferred for each row
    when (old.ends_at is null and new.ends_at is not null) execute function emit_plan_ended()`,
  `create constraint trigger plan_periods_emit_removed after delete on plan_periods
    deferrable initially deferred for each row when (old.ends_at is null) execute function emit_plan_ended()`,
  `create trigger subscriptions_emit_expired after update of status on subscriptions for each row
    when (old.status <> new.status and new.status = 'expired')
    execute function emit_subscription_event('plan.expired')`,
  `create trigger subscriptions_emit_reminded after update of trial_reminded_at on subscriptions for each row
    when (old.trial_reminded_at is null and new.trial_reminded_at is not null)
    execute function emit_subscription_event('plan.trial_ending')`,

  `create trigger license_assignments_emit_assigned after insert on license_assignments for each row
    when (new.released_at is null) execute function emit_assignment_event('license.assigned')`,
  `create trigger license_assignments_emit_released after update of released_at on license_assignments for each row
    when (old.released_at is null and new.released_at is not null)
    execute function emit_assignment_event('license.released')`,
  `create trigger license_pools_emit after update of allocated on license_pools for each row
    when (old.allocated is distinct from new.allocated) execute function emit_allocation_event()`,

  `create trigger invoices_emit after insert on invoices for each row execute function emit_invoice_event()`,
]
