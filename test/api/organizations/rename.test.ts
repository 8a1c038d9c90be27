import { beforeEach, describe, expect, test } from 'vitest'
import { anAccountBody } from '../../builders/account-body.ts'
import { startEngineForFile } from '../../builders/engine-for-file.ts'
import { rowsOf } from '../../builders/rows.ts'
import { memoryBilling } from '../../stack/memory-billing.ts'
import { untilOperation } from '../runs/run-calls.ts'

const provider = memoryBilling()
const { engine, api } = await startEngineForFile({ plugins: [provider.plugin] })
beforeEach(() => {
  provider.refusedName = undefined
  provider.loseNextAnswer = false
  provider.beforeName = async () => undefined
})

const planAt = (billingAdapter: string) => ({ kind: 'purchased', licenses: 5, billingAdapter })
const account = async (billingAdapter = 'memory'): Promise<string> =>
  (await api.addAccount(anAccountBody({ plan: planAt(billingAdapter) }))).body.organizationId
const rename = (id: string, name: string) =>
  api.patch(`/v1/organizations/${id}`, { name }, { 'if-match': '*' })
/** Renames an account. @returns the id of the operation that the answer names. */
async function renamed(id: string, name: string): Promise<string> {
  const { status, body, headers } = await rename(id, name)
  expect([status, body.name]).toEqual([200, name])
  const [, operation = ''] = /^<\/v1\/operations\/(opr_\w+)>; rel="status"$/.exec(String(headers.link)) ?? []
  return operation
}
const nameAt = async (billingAdapter: string, organizationId: string) =>
  billingAdapter === 'memory'
    ? provider.names.get(organizationId)
    : (await rowsOf(engine.db, 'ledger_records', { organization_id: organizationId, kind: 'customer' })).at(
        -1,
      )?.customer_name
const operationsOn = async (id: string) => (await api.get(`/v1/operations?organizationId=${id}`)).body.items

test.each(['memory', 'ledger'])('The provider %s gets the new name of an account', async (adapter) => {
  const id = await account(adapter)
  expect(await nameAt(adapter, id)).toBe('Northwind Traders')
  await untilOperation(api, await renamed(id, 'Contoso'), 'completed')
  expect(await nameAt(adapter, id)).toBe('Contoso')
})

test('Only another name of a billed account starts an operation', async () => {
  const id = await account()
  const partner = { type: 'partner', company: { name: 'Reseller', state: 'WA' } }
  const unbilled = (await api.addAccount(partner)).body
  for (const [organization, change] of [
    [id, { name: 'Northwind Traders', city: 'Houston' }],
    [unbilled.organizationId, { name: 'Contoso' }],
  ] as const) {
    const changed = await api.patch(`/v1/organizations/${organization}`, change, { 'if-match': '*' })
    expect([changed.status, changed.headers.link]).toEqual([200, undefined])
    expect(await operationsOn(organization)).toEqual([])
  }
})

test('The last of two names wins, also when the call with the first one takes longer', async () => {
  const id = await account()
  const { promise: gate, resolve: open } = Promise.withResolvers<void>()
  const { promise: began, resolve: begin } = Promise.withResolvers<void>()
  provider.beforeName = async (name) => {
    if (name !== 'First') return
    begin()
    await gate
  }
  const first = await renamed(id, 'First')
  await began
  await untilOperation(api, await renamed(id, 'Second'), 'completed')
  expect(await nameAt('memory', id)).toBe('Second')
  open()
  await untilOperation(api, first, 'completed')
  expect(await nameAt('memory', id)).toBe('Second')
})

test('A name that the provider refuses needs a person, who may skip it or choose another name', async () => {
  const id = await account()
  provider.refusedName = 'Refused'
  const operation = await renamed(id, 'Refused')
  await untilOperation(api, operation, 'needs_attention')
  const { body } = await api.get(`/v1/operations/${operation}`)
  expect(body).toMatchObject({ kind: 'update-customer', steps: [{ error: { code: 'name_refused' } }] })
  await untilOperation(api, await renamed(id, 'Allowed'), 'completed')
  expect(await nameAt('memory', id)).toBe('Allowed')
  await api.post(`/v1/operations/${operation}/skip`, { step: 'update-customer', reason: 'Has another name.' })
  await untilOperation(api, operation, 'completed')
})

test('A lost answer of the provider is repeated', async () => {
  const id = await account()
  provider.loseNextAnswer = true
  const operation = await renamed(id, 'Contoso')
  await untilOperation(api, operation, 'needs_attention')
  await api.post(`/v1/operations/${operation}/retry`)
  await untilOperation(api, operation, 'completed')
  expect(await nameAt('memory', id)).toBe('Contoso')
})

test('An account that moves to another provider gets its new name when the move has ended', async () => {
  const id = await account('ledger')
  provider.refusedName = 'Northwind Traders'
  const moving = await api.put(`/v1/organizations/${id}/plan`, planAt('memory'))
  expect((await rename(id, 'Contoso')).body).toMatchObject({ status: 409, code: 'operation_in_progress' })
  expect((await api.get(`/v1/organizations/${id}`)).body).toMatchObject({ name: 'Northwind Traders' })
  await untilOperation(api, moving.body.id, 'needs_attention')
  provider.refusedName = undefined
  await api.post(`/v1/operations/${moving.body.id}/retry`)
  await untilOperation(api, moving.body.id, 'completed')
  await untilOperation(api, await renamed(id, 'Contoso'), 'completed')
  expect(await nameAt('memory', id)).toBe('Contoso')
})

const everywhere = (name: string) => ({
  provider: name,
  organization: name,
  onboarding: name,
  mail: name,
})

test('A name that did not reach the old provider is at the new one after a move', async () => {
  const id = await account()
  provider.refusedName = 'Contoso'
  const operation = await renamed(id, 'Contoso')
  await untilOperation(api, operation, 'needs_attention')
  const moving = await api.put(`/v1/organizations/${id}/plan`, planAt('ledger'))
  await untilOperation(api, moving.body.id, 'completed')
  expect(await nameAt('ledger', id)).toBe('Contoso')
  await api.post(`/v1/operations/${operation}/retry`)
  await untilOperation(api, operation, 'completed')
  expect(await nameAt('memory', id)).toBe('Northwind Traders')
})

describe('During the onboarding', () => {
  const emails = ['grace@example.com', 'ada@example.com', 'mary@example.com', 'joan@example.com']
  const add = async (name: string, wait = 'wait=20') => {
    const email = emails.pop() ?? ''
    const user = { fullName: 'Ada', email }
    const { body } = await api.addAccount(anAccountBody({ name, user, plan: planAt('memory') }), {
      prefer: wait,
    })
    return { id: body.id as string, organizationId: body.organizationId as string, email }
  }
  /** Every place that has the name of an account. */
  const namesOf = async ({ id, organizationId, email }: Awaited<ReturnType<typeof add>>) => {
    const mail = engine.mailbox.messages.find(({ to }) => JSON.stringify(to).includes(email))
    return {
      provider: await nameAt('memory', organizationId),
      organization: (await api.get(`/v1/organizations/${organizationId}`)).body.name,
      onboarding: (await api.get(`/v1/onboardings/${id}`)).body.request.company.name,
      mail: /account at (.*)\. Choose/.exec(mail?.text?.replaceAll(/\s+/g, ' ') ?? '')?.[1],
    }
  }

  test('A name that the provider refuses is corrected at the organization, and the retry has it', async () => {
    provider.refusedName = 'Refused'
    const stuck = await add('Refused')
    const retry = (input?: object) => api.post(`/v1/onboardings/${stuck.id}/retry`, { ...input })
    const refused = await retry({ step: 'start-billing', input: { company: { name: 'Contoso' } } })
    expect(refused.body.errors).toEqual([
      {
        pointer: '/input/company/name',
        code: 'used_by_step',
        message: expect.stringContaining(`\`PATCH /v1/organizations/${stuck.organizationId}\``),
      },
    ])
    expect((await rename(stuck.organizationId, 'Contoso')).headers.link).toBeUndefined()
    expect((await retry()).status).toBe(202)
    await api.until(stuck.id, 'completed')
    expect(await namesOf(stuck)).toEqual(everywhere('Contoso'))
  })

  test('The name stays while the provider is being called with it', async () => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>()
    const { promise: began, resolve: begin } = Promise.withResolvers<void>()
    provider.beforeName = async () => {
      begin()
      await gate
    }
    const added = await add('Northwind', 'wait=0')
    await began
    const { organizationId } = (await api.get(`/v1/onboardings/${added.id}`)).body
    const busy = await rename(organizationId, 'Contoso')
    expect(busy.body).toMatchObject({ status: 409, code: 'operation_in_progress' })
    const elsewhere = await api.patch(
      `/v1/organizations/${organizationId}`,
      { city: 'Houston' },
      { 'if-match': '*' },
    )
    expect(elsewhere.status).toBe(200)
    open()
    await api.until(added.id, 'completed')
    await untilOperation(api, await renamed(organizationId, 'Contoso'), 'completed')
    expect(await nameAt('memory', organizationId)).toBe('Contoso')
  })

  test('A rename after billing started reaches the provider, and the mail that is still to be sent', async () => {
    const [next = ''] = emails.slice(-1)
    engine.mailbox.unknownRecipients.add(next)
    const stuck = await add('Northwind')
    await api.until(stuck.id, 'needs_attention')
    await untilOperation(api, await renamed(stuck.organizationId, 'Contoso'), 'completed')
    engine.mailbox.unknownRecipients.delete(next)
    await api.post(`/v1/onboardings/${stuck.id}/retry`)
    await api.until(stuck.id, 'completed')
    expect(await namesOf(stuck)).toEqual(everywhere('Contoso'))
  })
})
