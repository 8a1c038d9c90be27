import { describe, expect, test } from 'vitest'
import { anAccountBody } from '../../builders/account-body.ts'
import { startEngineForFile } from '../../builders/engine-for-file.ts'
import { aKeyHeader } from '../../builders/key-header.ts'
import { anOrganization } from '../../builders/organization.ts'
import { platformId } from '../../../domain/organizations/read-organizations.ts'
import { memoryBilling } from '../../stack/memory-billing.ts'
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

/** Adds an account whose invitation is stuck, suspends it, and cancels its onboarding. The records of the suspension keep it. */
async function anAccountOfCancelledOnboarding(email: string): Promise<string> {
  engine.mailbox.unknownRecipients.add(email)
  const user = { fullName: 'Ada', email, sendPasswordInstructions: true }
  const body = anAccountBody({ user, plan })
  const added = (await api.post(`/v1/organizations/${partner}/accounts`, body, wait)).body
  await api.until(added.id, 'needs_attention')
  await done(added.organizationId, 'suspend')
  await api.post(`/v1/onboardings/${added.id}/cancel`)
  await api.until(added.id, 'cancelled')
  return added.organizationId
}

describe('The account of a cancelled onboarding', () => {
  test('The account of a cancelled onboarding can not be restored', async () => {
    const id = await anAccountOfCancelledOnboarding('cancelled@example.com')
    expect(await statusOf(id)).toBe('closed')
    const refused = await change(id, 'restore')
    expect(statusAndCode(refused)).toEqual([409, 'onboarding_cancelled'])
    expect(refused.body.detail).toContain('cancelled')
    expect([await statusOf(id), billed(id)]).toEqual(['closed', []])
  })
})
