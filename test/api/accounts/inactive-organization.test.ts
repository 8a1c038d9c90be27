import { expect, test } from 'vitest'
import { anAccountBody } from '../../builders/account-body.ts'
import { rowsOf } from '../../builders/rows.ts'
import { memoryBilling } from '../../stack/memory-billing.ts'
import { takenEmail, withTrigger } from '../../builders/trigger.ts'
import { setStatus } from '../../builders/organization.ts'
import { startEngineForFile } from '../../builders/engine-for-file.ts'
import { linkIn, mailsTo, setPassword } from '../users/mails.ts'

const provider = memoryBilling()
const { engine, api } = await startEngineForFile({ plugins: [provider.plugin] })

const wait = { prefer: 'wait=20' }
const add = async (parent: string, body: unknown) =>
  (await api.post(`/v1/organizations/${parent}/accounts`, body, wait)).body
const change = async (id: string, name: 'suspend' | 'close' | 'restore') => {
  const { body } = await api.post(`/v1/organizations/${id}/${name}`, {}, wait)
  expect(body).toMatchObject({ status: 'completed' })
}
const unitBody = { type: 'unit', company: { name: 'Unit', state: 'TX' } }
const invited = (email: string) => ({ fullName: 'Ada', email, sendPasswordInstructions: true })
const open = async ({ pathname, search }: URL) =>
  (await api.app.inject({ method: 'GET', url: pathname + search })).statusCode
const stepOf = (body: { steps: { id: string }[] }, id: string) => body.steps.find((step) => step.id === id)

test.for(['suspend', 'close'] as const)(
  'A password link does not work after a %s of the organization, and works again after a restore',
  async (how) => {
    const email = `link-${how}@example.com`
    const { organizationId, userId } = await add('root', anAccountBody({ user: invited(email) }))
    const invitation = linkIn(engine, email)
    await change(organizationId, how)
    expect([await open(invitation), await setPassword(api, invitation)]).toEqual([410, 410])
    await change(organizationId, 'restore')
    expect([await open(invitation), await setPassword(api, invitation)]).toEqual([200, 200])
    await api.post(`/v1/users/${userId}/password-instructions`, {}, wait)
    const reset = linkIn(engine, email)
    await change(organizationId, how)
    expect([await open(reset), await setPassword(api, reset)]).toEqual([410, 410])
  },
)

test('A stuck invitation that is retried after the closing is sent only after the account is restored', async () => {
  const email = 'stuck@example.com'
  engine.mailbox.unknownRecipients.add(email)
  const { id, organizationId } = await add('root', anAccountBody({ user: invited(email) }))
  await api.until(id, 'needs_attention')
  engine.mailbox.unknownRecipients.delete(email)
  await change(organizationId, 'close')
  await api.post(`/v1/onboardings/${id}/retry`)
  await untilInactive(id, 'notify-user')
  expect(mailsTo(engine, email)).toEqual([])
  await change(organizationId, 'restore')
  await api.post(`/v1/onboardings/${id}/retry`)
  await api.until(id, 'completed')
  expect(mailsTo(engine, email)).toHaveLength(1)
})

test('The user of a unit is not created below a closed enterprise until the enterprise is restored', async () => {
  const enterprise = (await add('root', anAccountBody({ type: 'enterprise' }))).organizationId
  const body = { ...unitBody, user: invited('unit@example.com') }
  const { id } = await withTrigger(engine.db, takenEmail, () => add(enterprise, body))
  await change(enterprise, 'close')
  const step = { step: 'create-user', input: { user: { email: 'unit-corrected@example.com' } } }
  expect((await api.post(`/v1/onboardings/${id}/retry`, step)).status).toBe(202)
  await untilInactive(id, 'create-user')
  expect(await rowsOf(engine.db, 'users', { email: 'unit-corrected@example.com' })).toEqual([])
  await change(enterprise, 'restore')
  await api.post(`/v1/onboardings/${id}/retry`)
  await api.until(id, 'completed')
})

test('An organization is not created below a parent that was closed after the request was validated', async () => {
  const enterprise = (await add('root', anAccountBody({ type: 'enterprise' }))).organizationId
  const refuseUnits = {
    on: 'before insert',
    table: 'organizations',
    when: "new.type = 'unit'",
    body: "raise exception 'refused'",
  } as const
  const { body } = await withTrigger(engine.db, refuseUnits, async () => {
    const added = await api.post(`/v1/organizations/${enterprise}/accounts`, unitBody)
    const read = async () => (await api.get(`/v1/onboardings/${added.body.id}`)).body
    await expect
      .poll(async () => stepOf(await read(), 'create-organization'))
      .toMatchObject({ status: 'retrying' })
    await change(enterprise, 'close')
    return added
  })
  await untilInactive(body.id, 'create-organization')
  await change(enterprise, 'restore')
  await api.post(`/v1/onboardings/${body.id}/retry`)
  await api.until(body.id, 'completed')
})

test('A user is not added to an organization that was suspended after the request was validated', async () => {
  const { organizationId } = await add('root', anAccountBody())
  const user = invited('colleague@example.com')
  const { body } = await withTrigger(engine.db, takenEmail, () =>
    api.post(`/v1/organizations/${organizationId}/users`, user, wait),
  )
  await change(organizationId, 'suspend')
  const corrected = { step: 'create-user', input: { user: { email: 'colleague-corrected@example.com' } } }
  await api.post(`/v1/operations/${body.id}/retry`, corrected)
  await untilInactive(body.id, 'create-user')
  await change(organizationId, 'restore')
  await api.post(`/v1/operations/${body.id}/retry`)
  await expect.poll(() => mailsTo(engine, 'colleague-corrected@example.com').length).toBe(1)
})

test('A plan is not recorded for an account that is closed before its billing starts', async () => {
  provider.isDown = true
  const plan = { kind: 'purchased', licenses: 5, billingAdapter: 'memory' }
  const { id, organizationId } = await add('root', anAccountBody({ plan }))
  provider.isDown = false
  await setStatus(engine.db, organizationId, 'closed')
  await api.post(`/v1/onboardings/${id}/retry`)
  await untilInactive(id, 'start-billing')
  expect(await rowsOf(engine.db, 'subscriptions', { organization_id: organizationId })).toEqual([])
  await setStatus(engine.db, organizationId, 'active')
  await api.post(`/v1/onboardings/${id}/retry`)
  await api.until(id, 'completed')
  expect([...provider.subscriptions.values()]).toMatchObject([{ organizationId, status: 'open' }])
})

/** Waits until a step is stuck because its organization is not active. */
async function untilInactive(runId: string, step: string): Promise<void> {
  const runs = runId.startsWith('onb_') ? 'onboardings' : 'operations'
  const read = async () => (await api.get(`/v1/${runs}/${runId}`)).body
  const stuck = { status: 'needs_attention', error: { code: 'organization_inactive', retry: 'as_is' } }
  await expect.poll(async () => stepOf(await read(), step)).toMatchObject(stuck)
}
