-- The records of the built-in billing provider `ledger`: one for each call, under the caller's idempotency key. The ledger is a
-- provider like any other, so no foreign key leads to our own tables.
create table ledger_records (
  idempotency_key text primary key,
  id text not null unique,
  kind text not null check (kind in
    ('customer', 'customer_update', 'subscription', 'plan_change', 'cancellation', 'usage', 'credit_note')),
  organization_id text not null,
  -- The hash of the request. A different request under the same key is refused.
  request_hash text not null,
  -- For a customer: its present name. For a customer update: the name that it gave.
  customer_name text,
  plan jsonb,
  subscription_id text,
  month text,
  usage jsonb,
  invoice jsonb,
  corrects text,
  cancelled_at timestamptz,
  created_at timestamptz not null default now()
);
create index ledger_records_usage on ledger_records (subscription_id, month) where kind = 'usage';
create index ledger_records_corrects on ledger_records (corrects) where corrects is not null;
create index ledger_records_customers on ledger_records (organization_id) where kind = 'customer';
create index ledger_records_open_subscriptions on ledger_records (id)
  where kind = 'subscription' and cancelled_at is null;
create trigger ledger_invoices_never_change before update or delete on ledger_records
  for each row when (old.invoice is not null) execute function refuse_change('invoice');

-- The last number of each series of invoices. The row is locked while an invoice is issued, so the numbers have no gaps.
create table ledger_numbers (
  series text primary key,
  last integer not null
);
