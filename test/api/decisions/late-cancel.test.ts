import { afterAll, beforeAll, expect, test } from 'vitest'
import { workflowIdOf } from '../../../workflows/contract.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { type EngineApi, startApiFor } from '../../stack/api.ts'
import { stubborn } from '../../stack/stubborn-step.ts'
import { type Engine, startEngine } from '../../stack/tenantry-command.ts'

// The last step is under way while somebody cancels: whatever they were answered holds.

const crm = stubborn()
let engine: Engine
let api: EngineApi

beforeAll(async () => {
  engine = await startEngine({ plugins: [crm.plugin] })
  api = await startApiFor(engine)
})
afterAll(async () => {
  await api.close()
  await engine.stop()
})

/** An onboarding whose every step is done but the last, which is in the middle of its call. */
async function atItsLastStep(): Promise<{ id: string; release: () => void }> {
  const [begun, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  crm.doing = 'refuses'
  crm.gate = async () => undefined
  const { id } = (await api.addAccount(anAccountBody())).body
  await api.until(id, 'needs_attention')
  crm.doing = 'works'
  crm.gate = () => {
    begun.resolve()
    return released.promise
  }
  expect((await api.send('POST', `/v1/onboardings/${id}/retry`, {})).status).toBe(202)
  await begun.promise
  return { id, release: released.resolve }
}
const decisionsOn = async (id: string) =>
  (await api.send('GET', `/v1/onboardings/${id}/decisions`)).body.items
const statuses = async (id: string) => {
  const events = await engine.db
    .selectFrom('run_events')
    .select('data')
    .where('run_id', '=', id)
    .where('type', '=', 'onboarding')
    .orderBy('sequence')
    .execute()
  return events.map(({ data }) => (data as { status: string }).status)
}

test('a cancel that was accepted is honoured, though the last step succeeds after it', async () => {
  const { id, release } = await atItsLastStep()
  expect((await api.send('POST', `/v1/onboardings/${id}/cancel`, { reason: 'A mistake.' })).status).toBe(202)
  release()
  await api.until(id, 'cancelled')
  expect((await statuses(id)).slice(-3)).toEqual(['running', 'cancelling', 'cancelled'])
  expect(await decisionsOn(id)).toMatchObject([{ action: 'cancel', outcome: 'taken' }, { action: 'retry' }])
  expect(crm.calls.at(-1)).toBe('undo')
})

test('a cancel that never reached its run keeps that from nothing, and is refused', async () => {
  const { id, release } = await atItsLastStep()
  await writeCancel(id)
  release()
  await api.until(id, 'completed')
  const handle = engine.client.workflow.getHandle(workflowIdOf({ kind: 'add-account', id }))
  expect(await handle.result()).toEqual({ status: 'completed' })
  expect(await decisionsOn(id)).toMatchObject([
    { action: 'cancel', outcome: 'refused', refusal: 'It was completed before the cancel reached it.' },
    { action: 'retry' },
  ])
})

/** As an API does that is killed before it hands the decision over. */
async function writeCancel(id: string): Promise<void> {
  await engine.db
    .insertInto('decisions')
    .values({ id: `dec_${id}`, run_id: id, action: 'cancel', source: 'api', actor: 'key_gone' })
    .execute()
}
