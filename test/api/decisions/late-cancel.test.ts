import { expect, test } from 'vitest'
import { anAccountBody } from '../../builders/account-body.ts'
import { startEngineForFile } from '../../builders/engine-for-file.ts'
import { stubborn } from '../../stack/stubborn-step.ts'
import { decisionsOn, workflowOf } from '../runs/run-calls.ts'

// A cancel that comes during the last step of an onboarding.
const crm = stubborn()

const { engine, api } = await startEngineForFile({ plugins: [crm.plugin] })

/** Starts an onboarding and waits until its last step is in the middle of its call. */
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
  expect((await api.post(`/v1/onboardings/${id}/retry`)).status).toBe(202)
  await begun.promise
  return { id, release: released.resolve }
}
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

test('A cancel that was accepted undoes the account, although the last step succeeds after it', async () => {
  const { id, release } = await atItsLastStep()
  expect((await api.post(`/v1/onboardings/${id}/cancel`, { reason: 'A mistake.' })).status).toBe(202)
  release()
  await api.until(id, 'cancelled')
  expect((await statuses(id)).slice(-3)).toEqual(['running', 'cancelling', 'cancelled'])
  const cancel = { action: 'cancel', outcome: 'taken' }
  expect(await decisionsOn(api, id)).toMatchObject([cancel, { action: 'retry' }])
  expect(crm.calls.at(-1)).toBe('undo')
})

test('A cancel that never reached its run does not stop the run and is refused', async () => {
  const { id, release } = await atItsLastStep()
  await writeCancel(id)
  release()
  await api.until(id, 'completed')
  expect(await workflowOf(engine, id).result()).toEqual({ status: 'completed' })
  expect(await decisionsOn(api, id)).toMatchObject([
    { action: 'cancel', outcome: 'refused', refusal: 'It was completed before the cancel reached it.' },
    { action: 'retry' },
  ])
})

/** Stores a cancel as an API does that is killed before it sends the decision to the run. */
async function writeCancel(id: string): Promise<void> {
  await engine.db
    .insertInto('decisions')
    .values({ id: `dec_${id}`, run_id: id, action: 'cancel', source: 'api', actor: 'key_gone' })
    .execute()
}
