import { type Kysely, sql } from 'kysely'

/** What was billed for which month, and the invoices that providers issued for it. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  // Amounts are integer minor units of the currency.
  `create table invoices (
    id text primary key,
    organization_id text not null references organizations (id),
    billing_adapter text not null,
    external_id text not null,
    kind text not null check (kind in ('invoice', 'credit_note')),
    number text not null,
    corrects text references invoices (id),
    month text,
    currency text not null,
    lines jsonb not null,
    total bigint not null check (abs(total) <= 9007199254740991),
    issued_at timestamptz not null,
    unique (billing_adapter, external_id),
    check ((kind = 'credit_note') = (corrects is not null))
  )`,
  `create index invoices_organization on invoices (organization_id, issued_at, id)`,
  `create index invoices_month on invoices (month, organization_id)`,
  `create index invoices_corrects on invoices (corrects) where corrects is not null`,
  `create function refuse_change() returns trigger language plpgsql as $$
  begin
    raise exception 'An issued % never changes.', tg_argv[0];
  end $$`,
  `create trigger invoices_never_change before update or delete on invoices
    for each row execute function refuse_change('invoice')`,

  // Our own numbers: one row for each account, month and subscription that is billed. It is opened when its devices are
  // counted, and billed once the provider has been told.
  `create table bills (
    id text primary key,
    organization_id text not null references organizations (id),
    month text not null,
    billing_adapter text not null,
    external_customer_id text not null,
    external_subscription_id text not null,
    trial integer not null,
    purchased integer not null,
    external_reference text,
    opened_at timestamptz not null default now(),
    billed_at timestamptz,
    unique (organization_id, month, external_subscription_id),
    check ((external_reference is null) = (billed_at is null))
  )`,
  `create index bills_month on bills (month, organization_id, external_subscription_id)`,
  // A device is billed at most once a month, however many bills the month has.
  `create table billed_devices (
    device_id text not null references devices (id),
    month text not null,
    bill_id text not null references bills (id) on delete cascade,
    kind text not null check (kind in ('trial', 'purchased')),
    primary key (device_id, month)
  )`,
  `create index billed_devices_bill on billed_devices (bill_id)`,

  // The last number of each series of invoices: its row is locked while one is issued, so there are no gaps.
  `create table ledger_numbers (series text primary key, last integer not null)`,
  `alter table ledger_records drop constraint ledger_records_kind_check`,
  `alter table ledger_records add constraint ledger_records_kind_check
    check (kind in ('customer', 'subscription', 'plan_change', 'cancellation', 'usage', 'credit_note'))`,
  // What a call under the key asked for, as a hash: null for what was kept before there were hashes.
  `alter table ledger_records add column request_hash text, add column subscription_id text, add column month text,
    add column usage jsonb, add column invoice jsonb, add column corrects text`,
  `create unique index ledger_records_one_usage_a_month on ledger_records (subscription_id, month) where kind = 'usage'`,
  `create index ledger_records_corrects on ledger_records (corrects) where corrects is not null`,
  `create trigger ledger_invoices_never_change before update or delete on ledger_records
    for each row when (old.invoice is not null) execute function refuse_change('invoice')`,
]
