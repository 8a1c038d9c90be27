import { describe, expect, test } from 'vitest'
import { anAccountBody } from '../../builders/account-body.ts'
import { startEngineForFile } from '../../builders/engine-for-file.ts'
import { aKeyHeader } from '../../builders/key-header.ts'
import { anOrganization, setStatus } from '../../builders/organization.ts'
import { withTrigger } from '../../builders/trigger.ts'
import { platformId, platformPath } from '../../../domain/organizations/read-organizations.ts'
import { memoryBilling } from '../../stack/memory-billing.ts'
import { untilOperation } from '../runs/run-calls.ts'
import { statusAndCode } from '../api-under-test.ts'

const provider = memoryBilling()
const { engine, api } = await startEngineForFile({ plugins: [provider.plugin] })

const wait = { prefer: 'wait=20' }
const partner = await anOrganization(engine.db, await platformId(engine.db))
const asPartner = await aKeyHeader(engine.db, partner)
const asPlatform = {}

type Key = Record<string, string>
type Change = 'suspend' | 'close' | 'restore'

const plan = { kind: 'purchased', licenses: 5, billingAdapter: 'memory' }
const add = async (parent: string, body: unknown): Promise<string> =>
  (await api.post(`/v1/organizations/${parent}/accounts`, body, wait)).body.organizationId
const anAccount = (type: 'customer' | 'enterprise' = 'customer') =>
  add(partner, anAccountBody({ type, plan }))
const aUnitBelow = (parent: string) => add(parent, { type: 'unit', company: { name: 'Unit', state: 'TX' } })
const change = (id: string, name: Change, key: Key = asPlatform) =>
  api.post(`/v1/organizations/${id}/${name}`, {}, { ...key, ...wait })
const done = async (id: string, name: Change, key: Key = asPlatform) => {
  const answer = await change(id, name, key)
  expect(answer).toMatchObject({ status: 200, body: { status: 'completed' } })
}
const statusOf = async (id: string) => (await api.get(`/v1/organizations/${id}`)).body.status
const billed = (id: string) =>
  [...provider.subscriptions.values()].filter((sub) => sub.organizationId === id && sub.status === 'open')

describe('Each level decides the standing of an account for itself', () => {
  test('A partner that closes an account which the platform suspended can not restore it', async () => {
    const id = await anAccount()
    await done(id, 'suspend')
    await done(id, 'close', asPartner)
    expect(await statusOf(id)).toBe('closed')
    expect(statusAndCode(await change(id, 'restore', asPartner))).toEqual([403, 'decided_above'])
    expect([await statusOf(id), billed(id)]).toEqual(['closed', []])
    await done(id, 'restore')
    expect([await statusOf(id), billed(id).length]).toEqual(['active', 1])
  })

  test('The platform suspends an account that its partner suspended, and the partner can not restore it', async () => {
    const id = await anAccount()
    await done(id, 'suspend', asPartner)
    await done(id, 'suspend')
    expect(statusAndCode(await change(id, 'suspend'))).toEqual([409, 'invalid_state'])
    expect(statusAndCode(await change(id, 'restore', asPartner))).toEqual([403, 'decided_above'])
    await done(id, 'restore')
    expect([await statusOf(id), billed(id).length]).toEqual(['active', 1])
  })
})

describe('Units and their enterprise', () => {
  test('A unit that its partner suspended stays suspended after the enterprise is closed and restored', async () => {
    const enterprise = await anAccount('enterprise')
    const unit = await aUnitBelow(enterprise)
    await done(unit, 'suspend', asPartner)
    await done(enterprise, 'close')
    expect(await Promise.all([enterprise, unit].map(statusOf))).toEqual(['closed', 'closed'])
    expect(statusAndCode(await change(unit, 'restore', asPartner))).toEqual([409, 'parent_not_active'])
    await done(enterprise, 'restore')
    expect(await Promise.all([enterprise, unit].map(statusOf))).toEqual(['active', 'suspended'])
    await done(unit, 'restore', asPartner)
    expect(await statusOf(unit)).toBe('active')
  })

  test('A unit can be suspended by itself below a closed enterprise', async () => {
    const enterprise = await anAccount('enterprise')
    const unit = await aUnitBelow(enterprise)
    await done(enterprise, 'close')
    await done(unit, 'suspend', asPartner)
    await done(enterprise, 'restore', asPlatform)
    expect(await Promise.all([enterprise, unit].map(statusOf))).toEqual(['active', 'suspended'])
  })
})

describe('Standing is checked again when a restore takes effect', () => {
  test('A restore fails when a level above decided after it was accepted', async () => {
    const id = await anAccount()
    await done(id, 'suspend', asPartner)
    const level = await platformPath(engine.db)
    const decideAbove = {
      on: 'after insert',
      table: 'runs',
      body: `insert into standing_decisions (organization_id, level_path, status, decided_by)
        values (new.organization_id, '${level}', 'suspended', 'opr_of_the_platform')`,
    } as const
    const { body } = await withTrigger(engine.db, decideAbove, () => change(id, 'restore', asPartner))
    expect(body).toMatchObject({ status: 'failed', steps: [{ error: { code: 'decided_above' } }, {}, {}] })
    expect([await statusOf(id), billed(id)]).toEqual(['suspended', []])
  })

  test('A restore that waits for the provider is refused when a level above decides, and its cancel ends the new subscription', async () => {
    const { id, runId } = await aRestoreThatWaits()
    await setStatus(engine.db, id, 'closed')
    await api.post(`/v1/operations/${runId}/retry`, {}, asPartner)
    await untilStuck(runId, { code: 'decided_above', retry: 'refused' })
    await api.post(`/v1/operations/${runId}/cancel`, {}, asPartner)
    await untilOperation(api, runId, 'cancelled')
    expect([await statusOf(id), billed(id)]).toEqual(['closed', []])
  })

  test('A restore that waits for the provider waits for the parent too when the parent is suspended', async () => {
    const { id, runId } = await aRestoreThatWaits()
    await done(partner, 'suspend')
    await api.post(`/v1/operations/${runId}/retry`)
    await untilStuck(runId, { code: 'organization_inactive', retry: 'as_is' })
    expect(await statusOf(id)).toBe('suspended')
    await done(partner, 'restore')
    await api.post(`/v1/operations/${runId}/retry`, {}, asPartner)
    await untilOperation(api, runId, 'completed')
    expect([await statusOf(id), billed(id).length]).toEqual(['active', 1])
  })
})

/** Restores an account as its partner while the provider is down, which comes back then. */
async function aRestoreThatWaits() {
  const id = await anAccount()
  await done(id, 'suspend', asPartner)
  provider.downFor.add(id)
  const { body } = await change(id, 'restore', asPartner)
  expect(body).toMatchObject({ status: 'needs_attention' })
  provider.downFor.delete(id)
  return { id, runId: String(body.id) }
}

async function untilStuck(runId: string, error: Record<string, string>): Promise<void> {
  const read = async () => (await api.get(`/v1/operations/${runId}`)).body.steps.at(-1)
  await expect.poll(read).toMatchObject({ status: 'needs_attention', error })
}

/** Adds an account whose invitation is stuck. */
async function anAccountBeingAdded(email: string): Promise<{ id: string; onboardingId: string }> {
  engine.mailbox.unknownRecipients.add(email)
  const user = { fullName: 'Ada', email, sendPasswordInstructions: true }
  const url = `/v1/organizations/${partner}/accounts`
  const { body } = await api.post(url, anAccountBody({ user, plan }), wait)
  await api.until(body.id, 'needs_attention')
  return { id: body.organizationId, onboardingId: body.id }
}

/** The same, and suspends the account. */
async function aSuspendedAccountBeingAdded(email: string) {
  const added = await anAccountBeingAdded(email)
  await done(added.id, 'suspend')
  return added
}

/** Waits until the undo of an onboarding is stuck, because an open operation may still change its account. */
const untilUndoIsStuck = (onboardingId: string) =>
  expect
    .poll(async () => (await api.get(`/v1/onboardings/${onboardingId}`)).body.steps)
    .toContainEqual(
      expect.objectContaining({
        id: 'provision-licenses',
        status: 'needs_attention',
        error: expect.objectContaining({ code: 'account_changing' }),
      }),
    )

describe('The account of a cancelled onboarding', () => {
  test('An account whose onboarding was cancelled can not be restored', async () => {
    const { id, onboardingId } = await aSuspendedAccountBeingAdded('cancelled@example.com')
    await api.post(`/v1/onboardings/${onboardingId}/cancel`)
    await api.until(onboardingId, 'cancelled')
    expect(await statusOf(id)).toBe('closed')
    for (const key of [asPlatform, asPartner]) {
      expect(statusAndCode(await change(id, 'restore', key))).toEqual([409, 'onboarding_cancelled'])
      expect(await statusOf(id)).toBe('closed')
    }
    expect(billed(id)).toEqual([])
  })

  test('An account whose suspension is cancelled while its onboarding is being undone ends closed', async () => {
    const email = 'suspension-cancelled@example.com'
    const { id, onboardingId } = await anAccountBeingAdded(email)
    provider.downFor.add(id)
    const suspension = (await change(id, 'suspend')).body.id
    provider.downFor.delete(id)
    await api.post(`/v1/onboardings/${onboardingId}/cancel`)
    await untilUndoIsStuck(onboardingId)
    await api.post(`/v1/operations/${suspension}/cancel`)
    await untilOperation(api, suspension, 'cancelled')
    await api.post(`/v1/onboardings/${onboardingId}/retry`)
    await api.until(onboardingId, 'cancelled')
    expect([await statusOf(id), billed(id)]).toEqual(['closed', []])
    expect(statusAndCode(await change(id, 'restore'))).toEqual([409, 'onboarding_cancelled'])
  })

  test('A restore that was accepted before the onboarding is cancelled does not take effect', async () => {
    const { id, onboardingId } = await aSuspendedAccountBeingAdded('being-cancelled@example.com')
    provider.downFor.add(id)
    const restore = (await change(id, 'restore')).body.id
    provider.downFor.delete(id)
    await api.post(`/v1/onboardings/${onboardingId}/cancel`)
    await untilUndoIsStuck(onboardingId)
    await api.post(`/v1/operations/${restore}/retry`)
    await untilStuck(restore, { code: 'onboarding_cancelled', retry: 'refused' })
    await api.post(`/v1/operations/${restore}/cancel`)
    await untilOperation(api, restore, 'cancelled')
    await api.post(`/v1/onboardings/${onboardingId}/retry`)
    await api.until(onboardingId, 'cancelled')
    expect([await statusOf(id), billed(id)]).toEqual(['closed', []])
  })
})
