import { sql } from 'kysely'
import { beforeEach, expect, test } from 'vitest'
import { createApiKey } from '../../../domain/access/api-keys.ts'
import type { DatabaseConnection } from '../../../domain/database/connection.ts'
import { isId, newId } from '../../../domain/ids.ts'
import { openLicensePool } from '../../../domain/licenses/license-pools.ts'
import { platformId } from '../../../domain/organizations/read-organizations.ts'
import { deleteSubscription, insertSubscription } from '../../../domain/plans/subscriptions.ts'
import { createEndpoint, deleteEndpoint } from '../../../domain/webhooks/webhook-endpoints.ts'
import { webhookEventTypes } from '../../../domain/webhooks/webhook-events.ts'
import { anInvoice, anIssuedInvoice } from '../../builders/invoice.ts'
import { aLicenseUse } from '../../builders/license-use.ts'
import { anOrganization } from '../../builders/organization.ts'
import { aUser } from '../../builders/user.ts'
import { freshDatabaseForFile } from '../../stack/database.ts'

const { db } = await freshDatabaseForFile()
const platform = await platformId(db)
let account: string
let endpointId: string

beforeEach(async () => {
  if (endpointId !== undefined) await deleteEndpoint(db, endpointId)
  account = await anOrganization(db, platform, { type: 'customer' })
  const url = 'https://example.com/'
  const made = await createEndpoint(db, { organizationId: platform, url, events: null })
  endpointId = made?.endpoint.id ?? ''
})

/** The events that the endpoint of this test gets, in order. */
async function events(): Promise<{ id: string; type: string; data: Record<string, unknown> }[]> {
  return db
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
  return sql`${sql.raw(`update ${table} set ${set} where ${key}`)} = ${account}`.execute(db)
}

async function subscribe(): Promise<void> {
  await db.transaction().execute((transaction) =>
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

const endPlan = (connection: DatabaseConnection) =>
  connection
    .updateTable('plan_periods')
    .set({ ends_at: sql`now()` })
    .where('organization_id', '=', account)
    .where('ends_at', 'is', null)
    .execute()

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
  await db.deleteFrom('organizations').where('id', '=', account).execute()
  expect(await events()).toMatchObject([
    { type: 'organization.removed', data: { organizationId: account, parentId: platform } },
  ])
})

test('a plan that ends and begins again in one transaction is changed, and a plan that only ends is ended', async () => {
  await subscribe()
  await db.transaction().execute(async (transaction) => {
    await endPlan(transaction)
    await sql`
      insert into plan_periods
        (id, organization_id, kind, billing_adapter, external_customer_id, external_subscription_id)
      values (${newId('per')}, ${account}, 'purchased', 'ledger', 'c', 's')
    `.execute(transaction)
  })
  expect(await types()).toEqual(['plan.started', 'plan.changed'])
  expect((await events())[1]?.data).toMatchObject({ kind: 'purchased', licenses: null })

  await update('plan_periods', 'licenses = 9')
  await endPlan(db)
  expect((await types()).slice(2)).toEqual(['plan.changed', 'plan.ended'])
})

test('deleting a subscription is the event plan.ended', async () => {
  await subscribe()
  await db.transaction().execute((transaction) => deleteSubscription(transaction, account))
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
  await db
    .transaction()
    .execute((transaction) => openLicensePool(transaction, { organizationId: account, allocated: 5 }))
  await update('license_pools', 'allocated = 5')
  await update('license_pools', 'allocated = 6')
  const device = await aLicenseUse(db, account)
  await sql`update license_assignments set released_at = now() where device_id = ${device}`.execute(db)
  expect(await events()).toMatchObject([
    { type: 'license.allocation_changed', data: { organizationId: account, allocated: 6 } },
    { type: 'license.assigned', data: { organizationId: account, deviceId: device } },
    { type: 'license.released', data: { organizationId: account, deviceId: device } },
  ])
})

test('changing, moving, deactivating and reactivating a user is one event each, and a move one for each organization', async () => {
  const userId = await aUser(db, account, { email: `${account}@example.com` })
  const other = await anOrganization(db, platform, { type: 'customer' })
  const set = (columns: string) => sql`update users set ${sql.raw(columns)} where id = ${userId}`.execute(db)
  await set(`full_name = 'Grace'`)
  await set(`email_verified = true, updated_at = now()`)
  await set(`email = null, former_email = email`)
  await set(`email = former_email, former_email = null`)
  await set(`organization_id = '${other}'`)
  const ofUser = (await events()).filter(({ type }) => type.startsWith('user.'))
  expect(ofUser.slice(0, 3)).toMatchObject(
    ['updated', 'deactivated', 'reactivated'].map((verb) => ({
      type: `user.${verb}`,
      data: { organizationId: account, userId },
    })),
  )
  const moved = ofUser.slice(3)
  expect(moved.map(({ type }) => type)).toEqual(['user.moved', 'user.moved'])
  expect(new Set(moved.map(({ data }) => data.organizationId))).toEqual(new Set([account, other]))
})

test('issuing an invoice and issuing a credit note are different events', async () => {
  const invoice = anIssuedInvoice({ number: 'I-1', month: '2026-10' })
  const { id } = await anInvoice(db, account, invoice)
  const note = { kind: 'credit_note', number: 'C-1', corrects: invoice.externalId, total: -1_000 } as const
  await anInvoice(db, account, anIssuedInvoice(note))
  expect(await events()).toMatchObject([
    { type: 'invoice.issued', data: { invoiceId: id, number: 'I-1', month: '2026-10' } },
    { type: 'credit_note.issued', data: { corrects: id, number: 'C-1' } },
  ])
})

test('an onboarding and an operation have an event for each status that concerns a receiver', async () => {
  const partner = await anOrganization(db, platform)
  const { id: apiKey } = await createApiKey(db, {
    name: 'Partner',
    role: 'partner',
    organizationId: partner,
  })
  const run = {
    ...{ body_hash: '', request: '{}', plan: '[]', api_key_id: null, organization_id: null },
    ...{ idempotency_key: null, user_id: null, workflow_run_id: null },
  }
  const [onboarding, operation] = [newId('onb'), newId('opr')]
  const closing = { kind: 'close-account', parent_id: account, organization_id: account } as const
  await db
    .insertInto('runs')
    .values([
      { ...run, id: onboarding, parent_id: partner, api_key_id: apiKey },
      { ...run, id: operation, ...closing },
    ])
    .execute()
  const stuck = 'needs_attention'
  for (const status of ['running', stuck, stuck, 'running', 'cancelling', 'cancelled'])
    await sql`update runs set status = ${status} where id in (${onboarding}, ${operation})`.execute(db)
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
  await deleteEndpoint(db, endpointId)
  const count = () =>
    db
      .selectFrom('outbox_events')
      .select(({ fn }) => fn.countAll<string>().as('count'))
      .executeTakeFirstOrThrow()
  const before = await count()
  await subscribe()
  await update('organizations', `status = 'suspended'`)
  expect(await count()).toEqual(before)
})

test('every written event type can be chosen for an endpoint', async () => {
  const written = await db.selectFrom('outbox_events').select('type').distinct().execute()
  for (const { type } of written) expect(webhookEventTypes).toContain(type)
})
