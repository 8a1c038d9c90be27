import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createApiKey } from '../../../domain/access/api-keys.ts'
import { isId, newId } from '../../../domain/ids.ts'
import { openLicensePool } from '../../../domain/licenses/license-pools.ts'
import { platformId } from '../../../domain/organizations/read-organizations.ts'
import { deleteSubscription, insertSubscription } from '../../../domain/plans/subscriptions.ts'
import { createEndpoint, deleteEndpoint } from '../../../domain/webhooks/webhook-endpoints.ts'
import { webhookEventTypes } from '../../../domain/webhooks/webhook-events.ts'
import { anOrganization } from '../../builders/organization.ts'
import { freshDatabase, type TestDatabase } from '../../stack/database.ts'

let database: TestDatabase
let platform: string
let account: string
let endpointId: string

beforeAll(async () => {
  database = await freshDatabase()
  platform = await platformId(database.db)
})
afterAll(() => database.drop())

beforeEach(async () => {
  if (endpointId !== undefined) await deleteEndpoint(database.db, endpointId)
  account = await anOrganization(database.db, platform, { type: 'customer' })
  const url = 'https://example.com/'
  const made = await createEndpoint(database.db, { organizationId: platform, url, events: null })
  endpointId = made?.endpoint.id ?? ''
})

/** The events that the endpoint of this test gets, in order. */
async function events(): Promise<{ id: string; type: string; data: Record<string, unknown> }[]> {
  return database.db
    .selectFrom('webhook_deliveries')
    .innerJoin('outbox_events', 'outbox_events.id', 'event_id')
    .select(['outbox_events.id', 'type', 'data'])
    .where('endpoint_id', '=', endpointId)
    .orderBy('position')
    .execute()
}

const types = async () => (await events()).map(({ type }) => type)

const update = (table: 'organizations' | 'subscriptions' | 'license_pools' | 'plan_periods', set: string) => {
  const key = table === 'organizations' ? 'id' : 'organization_id'
  return sql`${sql.raw(`update ${table} set ${set} where ${key}`)} = ${account}`.execute(database.db)
}

async function subscribe(): Promise<void> {
  await database.db.transaction().execute((transaction) =>
    insertSubscription(transaction, account, {
      kind: 'trial',
      billingAdapter: 'ledger',
      customerExternalId: 'c',
      subscriptionExternalId: 's',
      licenses: 5,
      trialEndsAt: '2027-01-01T00:00:00.000Z',
    }),
  )
}

const beginPurchased = sql`
  insert into plan_periods (id, organization_id, kind, billing_adapter, external_customer_id, external_subscription_id)
  values (${newId('per')}, `

test('suspending, restoring, updating and closing an organization is one event each', async () => {
  await update('organizations', `status = 'suspended', version = version + 1`)
  await update('organizations', `status = 'suspended'`)
  await update('organizations', `status = 'active'`)
  await update('organizations', `name = 'Other', version = version + 1`)
  await update('organizations', `status = 'closed'`)
  expect(await types()).toEqual([
    'organization.suspended',
    'organization.restored',
    'organization.updated',
    'organization.closed',
  ])
})

test('deleting an organization is the event organization.removed', async () => {
  await database.db.deleteFrom('organizations').where('id', '=', account).execute()
  expect(await events()).toMatchObject([
    { type: 'organization.removed', data: { organizationId: account, parentId: platform } },
  ])
})

test('a plan that ends and begins again in one transaction is changed, and a plan that only ends is ended', async () => {
  await subscribe()
  await database.db.transaction().execute(async (transaction) => {
    await sql`update plan_periods set ends_at = now() where organization_id = ${account} and ends_at is null`.execute(
      transaction,
    )
    await sql`${beginPurchased} ${account}, 'purchased', 'ledger', 'c', 's')`.execute(transaction)
  })
  expect(await types()).toEqual(['plan.started', 'plan.changed'])
  expect((await events())[1]?.data).toMatchObject({ kind: 'purchased', licenses: null })

  await update('plan_periods', 'licenses = 9')
  await sql`update plan_periods set ends_at = now() where organization_id = ${account} and ends_at is null`.execute(
    database.db,
  )
  expect((await types()).slice(2)).toEqual(['plan.changed', 'plan.ended'])
})

test('deleting a subscription is the event plan.ended', async () => {
  await subscribe()
  await database.db.transaction().execute((transaction) => deleteSubscription(transaction, account))
  expect(await types()).toEqual(['plan.started', 'plan.ended'])
})

test('the reminder of a trial and the end of a trial are one event each', async () => {
  await subscribe()
  await update('subscriptions', 'trial_reminded_at = now()')
  await update('subscriptions', `status = 'expired'`)
  await update('subscriptions', `status = 'expired', updated_at = now()`)
  expect(await types()).toEqual(['plan.started', 'plan.trial_ending', 'plan.expired'])
})

test('assigning, releasing and allocating licenses is one event each', async () => {
  await database.db
    .transaction()
    .execute((transaction) => openLicensePool(transaction, { organizationId: account, allocated: 5 }))
  await update('license_pools', 'allocated = 5')
  await update('license_pools', 'allocated = 6')
  const device = newId('dev')
  await database.db
    .insertInto('devices')
    .values({ id: device, organization_id: account, name: 'Laptop', hostname: null, external_id: null })
    .execute()
  await database.db
    .insertInto('license_assignments')
    .values({ id: newId('lic'), pool_organization_id: account, device_id: device })
    .execute()
  await sql`update license_assignments set released_at = now() where device_id = ${device}`.execute(
    database.db,
  )
  expect(await events()).toMatchObject([
    { type: 'license.allocation_changed', data: { organizationId: account, allocated: 6 } },
    { type: 'license.assigned', data: { organizationId: account, deviceId: device } },
    { type: 'license.released', data: { organizationId: account, deviceId: device } },
  ])
})

test('issuing an invoice and issuing a credit note are different events', async () => {
  const invoice = newId('inv')
  const issued = {
    organization_id: account,
    billing_adapter: 'ledger',
    month: '2026-10',
    currency: 'USD',
    lines: '[]',
    total: 100,
    issued_at: new Date(),
  }
  await database.db
    .insertInto('invoices')
    .values([
      { ...issued, id: invoice, external_id: '1', kind: 'invoice', number: 'I-1', corrects: null },
      {
        ...issued,
        id: newId('inv'),
        external_id: '2',
        kind: 'credit_note',
        number: 'C-1',
        corrects: invoice,
      },
    ])
    .execute()
  expect(await events()).toMatchObject([
    { type: 'invoice.issued', data: { invoiceId: invoice, number: 'I-1', month: '2026-10' } },
    { type: 'credit_note.issued', data: { corrects: invoice, number: 'C-1' } },
  ])
})

test('an onboarding and an operation have an event for each status that concerns a receiver', async () => {
  const partner = await anOrganization(database.db, platform)
  const { id: apiKey } = await createApiKey(database.db, {
    name: 'Partner',
    role: 'partner',
    organizationId: partner,
  })
  const run = { body_hash: '', request: '{}', plan: '[]', idempotency_key: null, user_id: null }
  const [onboarding, operation] = [newId('onb'), newId('opr')]
  await database.db
    .insertInto('runs')
    .values([
      {
        ...run,
        id: onboarding,
        parent_id: partner,
        api_key_id: apiKey,
        organization_id: null,
        workflow_run_id: null,
      },
      {
        ...run,
        id: operation,
        kind: 'close-account',
        parent_id: account,
        api_key_id: null,
        organization_id: account,
        workflow_run_id: null,
      },
    ])
    .execute()
  for (const status of [
    'running',
    'needs_attention',
    'needs_attention',
    'running',
    'cancelling',
    'cancelled',
  ]) {
    await sql`update runs set status = ${status} where id in (${onboarding}, ${operation})`.execute(
      database.db,
    )
  }
  const ofRuns = (await events()).filter(({ type }) => !type.startsWith('organization.'))
  expect(ofRuns.filter(({ data }) => data.onboardingId === onboarding)).toMatchObject([
    { type: 'onboarding.accepted', data: { parentId: partner, organizationId: null, status: 'accepted' } },
    { type: 'onboarding.needs_attention' },
    { type: 'onboarding.cancelled' },
  ])
  expect(ofRuns.filter(({ data }) => data.operationId === operation)).toMatchObject([
    { type: 'operation.accepted', data: { kind: 'close-account', organizationId: account } },
    { type: 'operation.needs_attention' },
    { type: 'operation.cancelled' },
  ])
})

/** The milliseconds in an id. Postgres and this process have the same clock. */
const timeOf = (id: string) => id.slice(0, 'evt_'.length + 10)

test('the ids that the database makes have the form of our ids, and sort with them by time', async () => {
  const before = newId('evt')
  await Promise.all(Array.from({ length: 20 }, () => update('organizations', 'version = version + 1')))
  const after = newId('evt')
  const ids = (await events()).map(({ id }) => id)
  expect(new Set(ids).size).toBe(20)
  expect(ids.filter((id) => !isId(id, 'evt'))).toEqual([])
  expect(ids.filter((id) => timeOf(id) < timeOf(before) || timeOf(id) > timeOf(after))).toEqual([])
})

test('no event is written without an endpoint', async () => {
  await deleteEndpoint(database.db, endpointId)
  const count = () =>
    database.db
      .selectFrom('outbox_events')
      .select(({ fn }) => fn.countAll<string>().as('count'))
      .executeTakeFirstOrThrow()
  const before = await count()
  await subscribe()
  await update('organizations', `status = 'suspended'`)
  expect(await count()).toEqual(before)
})

test('every written event type can be chosen for an endpoint', async () => {
  const written = await database.db.selectFrom('outbox_events').select('type').distinct().execute()
  for (const { type } of written) expect(webhookEventTypes).toContain(type)
})
