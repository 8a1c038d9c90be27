-- Invoices and credit notes as their providers issued them. Amounts are integer minor units of the currency.
create table invoices (
  id text primary key,
  organization_id text not null references organizations (id),
  billing_adapter text not null,
  external_id text not null,
  kind text not null check (kind in ('invoice', 'credit_note')),
  number text not null,
  corrects text references invoices (id),
  -- Null when the provider bills other periods than months.
  month text,
  currency text not null,
  lines jsonb not null,
  -- The limit is the largest integer that JavaScript represents exactly.
  total bigint not null check (abs(total) <= 9007199254740991),
  issued_at timestamptz not null,
  unique (billing_adapter, external_id),
  check ((kind = 'credit_note') = (corrects is not null))
);
create index invoices_organization on invoices (organization_id, issued_at, id);
create index invoices_month on invoices (month, organization_id);
create index invoices_corrects on invoices (corrects) where corrects is not null;

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'An issued % never changes.', tg_argv[0];
end $$;
create trigger invoices_never_change before update or delete on invoices
  for each row execute function refuse_change('invoice');

-- The usage that we bill, by account, month and subscription. A bill is opened when its devices are counted, and billed when
-- the usage is reported to the provider. A month has as many bills as it needs: each has the devices that no earlier one has.
create table bills (
  id text primary key,
  organization_id text not null references organizations (id),
  month text not null,
  billing_adapter text not null,
  external_customer_id text not null,
  external_subscription_id text not null,
  trial integer not null,
  purchased integer not null,
  -- The devices among `purchased` that an earlier bill of the month has as trial.
  converted integer not null,
  status text not null default 'open' check (status in ('open', 'billed', 'written_off', 'handed_over')),
  external_reference text,
  -- Who wrote the bill off or handed it over, and why.
  resolved_by text,
  reason text,
  -- The bill that its devices were handed over to.
  successor_id text references bills (id),
  opened_at timestamptz not null default clock_timestamp(),
  closed_at timestamptz,
  check (converted between 0 and purchased),
  check ((status = 'open') = (closed_at is null)),
  check ((status = 'billed') = (external_reference is not null)),
  check ((status in ('written_off', 'handed_over')) = (resolved_by is not null and reason is not null)),
  check ((status = 'handed_over') = (successor_id is not null))
);
create index bills_month on bills (month, organization_id, external_subscription_id);
create index bills_organization on bills (organization_id, id);
create index bills_successor on bills (successor_id) where successor_id is not null;
create index bills_open on bills (organization_id, external_subscription_id) where status = 'open';

-- The devices of each bill. A device is billed at most once a month for each kind of plan, and never as trial after purchased.
create table billed_devices (
  device_id text not null references devices (id),
  month text not null,
  kind text not null check (kind in ('trial', 'purchased')),
  bill_id text not null references bills (id),
  primary key (device_id, month, kind)
);
create index billed_devices_bill on billed_devices (bill_id);

-- Events that billing providers sent, each once, by the provider's id of it. The plan periods name the account of an event.
-- There is no foreign key to them, because an event may arrive before the customer is on record.
create table provider_events (
  billing_adapter text not null,
  event_id text not null,
  id text not null unique,
  type text not null,
  external_customer_id text,
  external_subscription_id text,
  external_invoice_id text,
  received_at timestamptz not null default now(),
  primary key (billing_adapter, event_id)
);
create index provider_events_customer on provider_events (external_customer_id);
create index provider_events_subscription on provider_events (external_subscription_id);

-- Invoices and credit notes that are kept aside: they are not invoices here. `waiting`: for the account of the customer, or for the
-- invoice that is corrected. `unfit`: the document contradicts our records, or what the provider was asked for. A document that is
-- delivered again replaces the earlier one. There are no foreign keys, as in provider_events.
create table held_documents (
  id text primary key,
  billing_adapter text not null,
  external_id text not null,
  organization_id text,
  external_customer_id text,
  document jsonb not null,
  -- What the provider was asked for, when the document was in an answer. It also applies when a webhook delivers the document.
  asked jsonb,
  state text not null check (state in ('waiting', 'unfit')),
  reason text not null,
  held_at timestamptz not null default now(),
  unique (billing_adapter, external_id)
);
