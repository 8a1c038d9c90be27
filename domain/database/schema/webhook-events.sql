-- The webhook events that each change of a table emits. A trigger emits the event in the transaction of the change. The `when`
-- condition of a trigger excludes other changes at almost no cost. docs/webhooks.md describes each event.

-- onboarding.* (adding an account) and operation.* (all other kinds of run)
--   accepted                                          a row of runs is inserted
--   needs_attention, completed, cancelled, failed     its status changes to this value
-- The endpoints of the parent and above receive the event. Until the account exists, the event is about the parent.
create function emit_run_event() returns trigger language plpgsql as $$
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
end $$;
create trigger runs_emit_accepted after insert on runs
  for each row execute function emit_run_event();
create trigger runs_emit after update of status on runs for each row
  when (old.status <> new.status and new.status in ('needs_attention', 'completed', 'cancelled', 'failed'))
  execute function emit_run_event();

-- organization.*
--   created, removed                a row of organizations is inserted, or deleted
--   suspended, restored, closed     its status changes
--   updated                         its version changes and its status does not
create function emit_organization_event() returns trigger language plpgsql as $$
declare
  organization organizations := case tg_op when 'DELETE' then old else new end;
  verb text := case tg_op when 'INSERT' then 'created' when 'DELETE' then 'removed' else 'updated' end;
begin
  if tg_op = 'UPDATE' and old.status <> new.status then
    verb := case new.status when 'active' then 'restored' else new.status end;
  end if;
  perform emit_event('organization.' || verb,
    case tg_op when 'DELETE' then old.parent_id else new.id end, organization.id, organization.id,
    jsonb_build_object('organizationId', organization.id, 'parentId', organization.parent_id,
      'type', organization.type, 'status', organization.status, 'version', organization.version));
  return null;
end $$;
create trigger organizations_emit_new after insert or delete on organizations
  for each row execute function emit_organization_event();
create trigger organizations_emit after update on organizations for each row
  when (old.status <> new.status or old.version <> new.version) execute function emit_organization_event();

-- user.*
--   moved                        its organization_id changes: an event for each of the two organizations
--   deactivated, reactivated     its email becomes null, or is set again
--   updated                      its full_name or email changes otherwise
create function emit_user_event() returns trigger language plpgsql as $$
declare
  verb text := case
    when old.organization_id <> new.organization_id then 'moved'
    when old.email is null then 'reactivated'
    when new.email is null then 'deactivated'
    else 'updated' end;
  about text;
begin
  foreach about in array array(select distinct unnest(array[old.organization_id, new.organization_id])) loop
    perform emit_event('user.' || verb, about, about, new.id,
      jsonb_build_object('organizationId', about, 'userId', new.id));
  end loop;
  return null;
end $$;
create trigger users_emit after update on users for each row
  when ((old.organization_id, old.full_name, old.email) is distinct from (new.organization_id, new.full_name, new.email))
  execute function emit_user_event();

-- user.invitation_bounced
--   the status of a row of messages changes to `bounced`
-- No event is emitted when the user has accepted, or a newer message was sent.
create function emit_invitation_bounced() returns trigger language plpgsql as $$
declare
  about text := (select organization_id from users where id = new.user_id);
begin
  if about is not null and invitation_of(new.user_id) ->> 'status' = 'bounced' then
    perform emit_event('user.invitation_bounced', about, about, new.user_id,
      jsonb_build_object('organizationId', about, 'userId', new.user_id));
  end if;
  return null;
end $$;
create trigger messages_emit_bounced after update of status on messages for each row
  when (old.status <> new.status and new.status = 'bounced') execute function emit_invitation_bounced();

-- plan.*
--   started           a row of plan_periods is inserted, and its transaction ends no other period of the organization
--   changed           a row is inserted by a transaction that ends another period, or the open period changes
--   ended             the open period ends or is deleted, and no other period is open at the commit
--   expired           the status of a row of subscriptions changes to `expired`
--   trial_ending      its trial_reminded_at is set
create function emit_plan_event(verb text, period plan_periods) returns void language sql as $$
  select emit_event('plan.' || verb, period.organization_id, period.organization_id, period.organization_id,
    jsonb_build_object('organizationId', period.organization_id, 'kind', period.kind, 'licenses', period.licenses,
      'billingAdapter', period.billing_adapter))
$$;
-- A period that ends after the start of the transaction was ended by it. Without endpoints this is not checked.
create function emit_plan_started_or_changed() returns trigger language plpgsql as $$
begin
  if not exists (select from webhook_endpoints) then
    return null;
  end if;
  perform emit_plan_event(
    case when tg_op = 'UPDATE' or exists (
      select from plan_periods as earlier
      where earlier.organization_id = new.organization_id and earlier.id <> new.id and earlier.ends_at >= now())
    then 'changed' else 'started' end, new);
  return null;
end $$;
create trigger plan_periods_emit_started after insert on plan_periods
  for each row execute function emit_plan_started_or_changed();
create trigger plan_periods_emit_changed after update on plan_periods for each row
  when (new.ends_at is null and (old.kind, old.licenses, old.billing_adapter)
    is distinct from (new.kind, new.licenses, new.billing_adapter))
  execute function emit_plan_started_or_changed();
-- Runs at the commit: a transaction that ends a period and starts the next one emits `changed`, in either order.
create function emit_plan_ended() returns trigger language plpgsql as $$
begin
  if not exists (select from plan_periods where organization_id = old.organization_id and ends_at is null) then
    perform emit_plan_event('ended', old);
  end if;
  return null;
end $$;
create constraint trigger plan_periods_emit_ended after update on plan_periods
  deferrable initially deferred for each row
  when (old.ends_at is null and new.ends_at is not null) execute function emit_plan_ended();
create constraint trigger plan_periods_emit_removed after delete on plan_periods
  deferrable initially deferred for each row when (old.ends_at is null) execute function emit_plan_ended();
create function emit_subscription_event() returns trigger language plpgsql as $$
begin
  perform emit_event(tg_argv[0], new.organization_id, new.organization_id, new.organization_id,
    jsonb_build_object('organizationId', new.organization_id, 'kind', new.kind, 'status', new.status));
  return null;
end $$;
create trigger subscriptions_emit_expired after update of status on subscriptions for each row
  when (old.status <> new.status and new.status = 'expired')
  execute function emit_subscription_event('plan.expired');
create trigger subscriptions_emit_reminded after update of trial_reminded_at on subscriptions for each row
  when (old.trial_reminded_at is null and new.trial_reminded_at is not null)
  execute function emit_subscription_event('plan.trial_ending');

-- license.*
--   assigned               a row of license_assignments is inserted
--   released               its released_at is set
--   allocation_changed     the allocated number of a row of license_pools changes
create function emit_assignment_event() returns trigger language plpgsql as $$
declare
  owner text := (select organization_id from devices where id = new.device_id);
begin
  perform emit_event(tg_argv[0], owner, owner, new.device_id,
    jsonb_build_object('organizationId', owner, 'poolOrganizationId', new.pool_organization_id,
      'deviceId', new.device_id, 'licenseId', new.id));
  return null;
end $$;
create trigger license_assignments_emit_assigned after insert on license_assignments for each row
  when (new.released_at is null) execute function emit_assignment_event('license.assigned');
create trigger license_assignments_emit_released after update of released_at on license_assignments for each row
  when (old.released_at is null and new.released_at is not null)
  execute function emit_assignment_event('license.released');
create function emit_allocation_event() returns trigger language plpgsql as $$
begin
  perform emit_event('license.allocation_changed', new.organization_id, new.organization_id, new.organization_id,
    jsonb_build_object('organizationId', new.organization_id, 'allocated', new.allocated));
  return null;
end $$;
create trigger license_pools_emit after update of allocated on license_pools for each row
  when (old.allocated is distinct from new.allocated) execute function emit_allocation_event();

-- invoice.issued and credit_note.issued
--   a row of invoices is inserted
create function emit_invoice_event() returns trigger language plpgsql as $$
begin
  perform emit_event(new.kind || '.issued', new.organization_id, new.organization_id, new.id,
    jsonb_build_object('organizationId', new.organization_id, 'invoiceId', new.id, 'number', new.number,
      'month', new.month, 'corrects', new.corrects, 'billingAdapter', new.billing_adapter));
  return null;
end $$;
create trigger invoices_emit after insert on invoices for each row execute function emit_invoice_event();
