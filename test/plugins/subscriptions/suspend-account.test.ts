import { sql } from 'kysely'
import { afterAll, expect, test } from 'vitest'
import { lockLicensePool } from '../../../domain/licenses/license-pools.ts'
import { findPlace } from '../../../domain/organizations/organization-tree.ts'
import { platformId } from '../../../domain/organizations/read-organizations.ts'
import { findSubscription } from '../../../domain/plans/subscriptions.ts'
import type { StepContext } from '../../../plugins/plugin-contract.ts'
import { closeOrganizations, suspendOrganizations } from '../../../plugins/subscriptions/deactivate.ts'
import { anOrganization } from '../../builders/organization.ts'
import { aPlan } from '../../builders/plan.ts'
import { freshDatabase } from '../../stack/database.ts'

const { db, drop } = await freshDatabase()
afterAll(drop)

const noProvider = () => {
  throw new Error('No provider is called.')
}
const context: StepContext = {
  runId: 'opr_1',
  idempotencyKey: 'opr_1:suspend:1',
  signal: AbortSignal.timeout(60_000),
  now: new Date(),
  retries: 0,
  billing: noProvider,
  notifier: noProvider,
}

const run = (step: typeof suspendOrganizations | typeof closeOrganizations, input: unknown) =>
  db
    .transaction()
    .execute((transaction) => step.execute({ ...context, transaction }, step.input.parse(input)))

const placeOf = (id: string) => db.transaction().execute((transaction) => findPlace(transaction, id))

async function anAccount() {
  const organizationId = await anOrganization(db, await platformId(db), {
    type: 'customer',
  })
  await aPlan(db, organizationId)
  const found = await findSubscription(db, organizationId)
  if (found === undefined) throw new Error('The account has a plan')
  return { organizationId, subscription: found.terms }
}

test.each([suspendOrganizations, closeOrganizations])(
  '$id refuses an account whose billing changed after the request was accepted',
  async (step) => {
    const { organizationId, subscription } = await anAccount()
    const before = { ...subscription, subscriptionExternalId: 'at the provider before' }
    await expect(run(step, { organizationId, subscription: before })).rejects.toMatchObject({
      class: 'terminal',
      code: 'plan_changed_meanwhile',
    })
    await expect(run(step, { organizationId, subscription: null })).rejects.toMatchObject({
      code: 'plan_changed_meanwhile',
    })
    expect(await placeOf(organizationId)).toMatchObject({ status: 'active' })
    await run(step, { organizationId, subscription })
    expect(await placeOf(organizationId)).not.toMatchObject({ status: 'active' })
  },
)

test('a suspension waits for a device that is being assigned a license', async () => {
  const { organizationId, subscription } = await anAccount()
  const locked = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  const device = db.transaction().execute(async (transaction) => {
    await lockLicensePool(transaction, organizationId)
    locked.resolve()
    await released.promise
    return (await findPlace(transaction, organizationId))?.status
  })
  await locked.promise
  const suspended = run(suspendOrganizations, { organizationId, subscription })
  await expect.poll(isWaitingForLock).toBe(true)
  released.resolve()
  expect(await device).toBe('active')
  await suspended
  expect(await placeOf(organizationId)).toMatchObject({ status: 'suspended' })
})

async function isWaitingForLock(): Promise<boolean> {
  const { rows } = await sql`
    select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
  `.execute(db)
  return rows.length > 0
}
