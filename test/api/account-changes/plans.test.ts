import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { newId } from '../../../domain/ids.ts'
import { rounds } from '../../../workflows/contract.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { startEngineForFile } from '../../builders/engine-for-file.ts'
import { aLicenseUse } from '../../builders/license-use.ts'
import { setStatus } from '../../builders/organization.ts'
import { withTrigger } from '../../builders/trigger.ts'
import { idsOf, pointersOf, statusAndCode } from '../api-under-test.ts'
import { mailsTo } from '../users/mails.ts'

const { engine, api } = await startEngineForFile()

const wait = { prefer: 'wait=20' }

const account = async (
  plan: Record<string, unknown> = { kind: 'trial', licenses: 3 },
  email?: string,
): Promise<string> => (await api.addAccount(anAccountBody({ plan, email }))).body.organizationId

const changePlan = (id: string, body: unknown, query = '', headers: Record<string, string> = wait) =>
  api.put(`/v1/organizations/${id}/plan${query}`, body, headers)
const licensesOf = async (id: string) => (await api.get(`/v1/organizations/${id}/licenses`)).body

/** Moves the end of a trial to this many days from now. */
async function trialEnds(organizationId: string, days: number): Promise<void> {
  await engine.db
    .updateTable('subscriptions')
    .set({ trial_ends_at: sql<Date>`date_trunc('milliseconds', now() + make_interval(days => ${days}))` })
    .where('organization_id', '=', organizationId)
    .execute()
}

async function trialRound(): Promise<void> {
  await engine.client.workflow.execute(rounds.trials.workflowType, {
    workflowId: randomUUID(),
    taskQueue: engine.taskQueue,
    args: [{ reminderDays: 7 }],
  })
}

/** Waits until an account has this many completed operations of a kind, and reads them. */
async function operationsOf(id: string, kind: string, count = 1) {
  const read = async () =>
    (await api.get(`/v1/operations?organizationId=${id}&kind=${kind}&status=completed`)).body.items
  await expect.poll(read).toHaveLength(count)
  return read()
}

describe('Trials', () => {
  test('A trial is converted by one call, after a dry run that has no effect', async () => {
    const id = await account()
    const dryRun = await changePlan(id, { kind: 'purchased', licenses: 10 }, '?dryRun=true')
    expect(dryRun.status).toBe(200)
    const steps = ['check-plan-change', 'change-plan-at-provider', 'apply-plan']
    expect(idsOf(dryRun.body.steps)).toEqual(steps)
    expect(await licensesOf(id)).toMatchObject({ allocated: 3, plan: { kind: 'trial' } })

    const changed = await changePlan(id, { kind: 'purchased', licenses: 10 })
    expect([changed.status, changed.body.status]).toEqual([200, 'completed'])
    const plan = { kind: 'purchased', trialEndsAt: null }
    expect(await licensesOf(id)).toMatchObject({ allocated: 10, plan })
  })

  test('A converted trial can be changed back to the same trial before it is invoiced', async () => {
    const id = await account({ kind: 'trial', licenses: 4 })
    const before = await licensesOf(id)
    await changePlan(id, { kind: 'purchased' })
    const back = await changePlan(id, { kind: 'trial' })
    expect(back.body).toMatchObject({ kind: 'change-plan', status: 'completed' })
    expect(await licensesOf(id)).toEqual(before)
  })

  test('A converted trial can not be changed back after the purchased plan was invoiced', async () => {
    const id = await account()
    await changePlan(id, { kind: 'purchased' })
    await engine.db
      .insertInto('bills')
      .values({
        id: newId('bil'),
        organization_id: id,
        month: '2026-10',
        billing_adapter: 'ledger',
        external_customer_id: 'c',
        external_subscription_id: 's',
        trial: 0,
        purchased: 1,
        converted: 0,
        status: 'billed',
        external_reference: 'r',
        closed_at: new Date(),
      })
      .execute()
    const back = await changePlan(id, { kind: 'trial' })
    expect(statusAndCode(back)).toEqual([409, 'plan_invoiced'])
  })

  test('A change of the number of licenses keeps the end of the trial', async () => {
    const id = await account({ kind: 'trial', licenses: 3 })
    const { plan } = await licensesOf(id)
    await changePlan(id, { kind: 'trial', licenses: 8 })
    expect(await licensesOf(id)).toMatchObject({ allocated: 8, plan })
  })

  test('The first user of a trial gets one reminder of its end', async () => {
    const email = 'reminded@example.com'
    const id = await account({ kind: 'trial' }, email)
    await trialRound()
    await trialEnds(id, 3)
    await trialRound()
    await operationsOf(id, 'remind-trial')
    await trialRound()
    const reminders = mailsTo(engine, email).filter(({ subject = '' }) => /trial/i.test(subject))
    expect(reminders).toHaveLength(1)
    expect(await licensesOf(id)).toMatchObject({ plan: { status: 'active' } })
  })

  test('A reminder for an account that was suspended meanwhile is sent by a retry after the account is restored', async () => {
    const email = 'reminded-later@example.com'
    const id = await account({ kind: 'trial' }, email)
    await trialEnds(id, 3)
    const suspendMeanwhile = {
      on: 'after insert',
      table: 'runs',
      when: "new.kind = 'remind-trial'",
      body: "update organizations set status = 'suspended' where id = new.organization_id",
    } as const
    await withTrigger(engine.db, suspendMeanwhile, trialRound)
    const read = async () =>
      (await api.get(`/v1/operations?organizationId=${id}&kind=remind-trial`)).body.items[0]
    const error = { code: 'organization_inactive', retry: 'as_is' }
    await expect.poll(read).toMatchObject({ status: 'needs_attention', steps: [{ error }] })
    await setStatus(engine.db, id, 'active')
    await api.post(`/v1/operations/${(await read()).id}/retry`)
    await operationsOf(id, 'remind-trial')
    expect(mailsTo(engine, email).filter(({ subject = '' }) => /trial/i.test(subject))).toHaveLength(1)
  })

  test('A trial expires at its end and can be converted after that', async () => {
    const id = await account()
    await trialEnds(id, -1)
    await Promise.all([trialRound(), trialRound()])
    await operationsOf(id, 'expire-trial')
    expect(await licensesOf(id)).toMatchObject({ plan: { kind: 'trial', status: 'expired' } })
    await changePlan(id, { kind: 'purchased' })
    expect(await licensesOf(id)).toMatchObject({ plan: { kind: 'purchased', status: 'active' } })
  })
})

describe('The limit of a purchased plan', () => {
  test('A limit can be raised, lowered and removed', async () => {
    const id = await account({ kind: 'purchased', licenses: 5 })
    for (const licenses of [9, 2, null]) {
      await changePlan(id, { kind: 'purchased', licenses })
      expect(await licensesOf(id)).toMatchObject({ allocated: licenses })
    }
  })

  test('A limit can not be lowered below the number of assigned licenses', async () => {
    const id = await account({ kind: 'purchased', licenses: 5 })
    for (let device = 0; device < 3; device++) await aLicenseUse(engine.db, id)
    const refused = await changePlan(id, { kind: 'purchased', licenses: 2 })
    expect(refused.status).toBe(422)
    expect(refused.body.errors).toMatchObject([{ pointer: '/licenses', code: 'limit_below_assigned' }])
    expect((await changePlan(id, { kind: 'purchased', licenses: 3 })).body.status).toBe('completed')
  })
})

describe('Changes of plan', () => {
  test('A change of plan is accepted once under an idempotency key, and refused with another body', async () => {
    const id = await account()
    const headers = { ...wait, 'idempotency-key': 'convert-1' }
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => changePlan(id, { kind: 'purchased' }, '', headers)),
    )
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1)
    const other = await changePlan(id, { kind: 'purchased', licenses: 9 }, '', headers)
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } })
  })

  test('Of several changes of plan at once, one is carried out at a time and the others are refused', async () => {
    const id = await account()
    const answers = await Promise.all(
      [5, 6, 7].map((licenses) => changePlan(id, { kind: 'purchased', licenses })),
    )
    const done = answers.filter(({ body }) => body.status === 'completed')
    expect(done.length).toBeGreaterThan(0)
    for (const { status, body } of answers) {
      expect([200, 202, 409]).toContain(status)
      if (status === 409) expect(body.code).toBe('operation_in_progress')
    }
    expect([5, 6, 7]).toContain((await licensesOf(id)).allocated)
  })

  test.each([
    [{ kind: 'purchased', licenses: 0 }, '/licenses'],
    [{ kind: 'free' }, '/kind'],
    [{ kind: 'purchased', billingAdapter: 'nobody' }, '/billingAdapter'],
  ])('A change of plan to %j is refused by the pointer of the field', async (body, pointer) => {
    const id = await account({ kind: 'purchased' })
    const refused = await changePlan(id, body)
    expect([refused.status, pointersOf(refused)]).toEqual([422, [pointer]])
  })

  test('A change of plan of an organization without a plan is refused', async () => {
    const { body } = await api.addAccount({ type: 'partner', company: { name: 'Bare', state: 'WA' } })
    const refused = await changePlan(body.organizationId, { kind: 'purchased' })
    expect(statusAndCode(refused)).toEqual([409, 'no_plan'])
  })
})
