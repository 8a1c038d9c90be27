import { beforeEach, describe, expect, inject, test } from 'vitest'
import { type OwnTemporal, startOwnTemporal } from '../system/own-servers.ts'
import { createDeployment, type Deployment } from './deployment.ts'
import type { Boundary } from './gates.ts'

const transactional = [
  'validate-account',
  'create-organization',
  'create-user',
  'start-billing',
  'provision-licenses',
]
const beforeNotify = held('before', 'notify-user')
const afterNotify = held('after', 'notify-user')
const inTransactions = transactional.flatMap((step) => [held('before', step), held('after', step)])

/** An account whose run is held at a boundary. Its name contains the boundary. */
interface HeldAccount {
  name: string
  step: string
  boundary: Boundary
}

function held(moment: 'before' | 'after', step: string): HeldAccount {
  return { name: `held ${moment} ${step}`, step, boundary: `${moment} ${step}` }
}

let temporal: OwnTemporal
let deployment: Deployment
beforeEach(async () => {
  temporal = await startOwnTemporal(inject('temporalCliPath'))
  deployment = await createDeployment({ temporal })
  return deployment.stop
})

/** Adds accounts before the worker starts, so that each is held at its boundary. */
async function accept(accounts: HeldAccount[]): Promise<Map<HeldAccount, string>> {
  const ids = new Map<HeldAccount, string>()
  for (const account of accounts) {
    const { status, body } = await deployment.post(account.name)
    expect(status).toBe(202)
    deployment.gates.hold(body.id, account.boundary)
    ids.set(account, body.id)
  }
  return ids
}

async function untilHeld(ids: ReadonlyMap<HeldAccount, string>): Promise<void> {
  await deployment.untilHeld(new Map([...ids].map(([{ boundary }, id]) => [id, boundary])))
}

/** Decides on a run whose message has an unknown outcome. */
async function decide(id: string | undefined, decision: 'retry' | 'skip', reason: string): Promise<void> {
  await deployment.until([id], 'needs_attention')
  const { steps } = await deployment.read(id)
  expect(steps.find((step) => step.status === 'needs_attention')).toMatchObject({
    id: 'notify-user',
    error: { code: 'outcome_unknown', nextAction: expect.stringContaining('Check whether') },
  })
  const { status } = await deployment.decide(id, decision, { step: 'notify-user', reason })
  expect(status).toBe(202)
}

async function expectEachOnce(ids: ReadonlyMap<HeldAccount, string>): Promise<void> {
  await deployment.until([...ids.values()], 'completed')
  await deployment.expectEachOnce([...ids.keys()].map(({ name }) => name))
}

describe('if a worker is killed', () => {
  beforeEach(() => deployment.api.start())

  test.each(['of the inline steps', 'step that is a separate activity'])(
    'before or after any %s, the next worker completes its runs',
    async (steps) => {
      const ids = await accept([...inTransactions, beforeNotify, afterNotify])
      if (steps !== 'of the inline steps') for (const id of ids.values()) deployment.gates.refuseOnce(id)
      await deployment.worker.start()
      await untilHeld(ids)
      await deployment.replaceWorker()

      await decide(ids.get(beforeNotify), 'retry', 'The mail server has not received the message.')
      await decide(ids.get(afterNotify), 'skip', 'The mail server has delivered the message.')
      await expectEachOnce(ids)
    },
  )

  test('after a step committed and before Temporal recorded that, the next worker completes its runs', async () => {
    const ids = await accept(transactional.map((step) => held('after', step)))
    for (const id of ids.values()) deployment.gates.refuseOnce(id)
    await deployment.worker.start()
    await untilHeld(ids)
    temporal.freeze()
    deployment.gates.open()
    for (const [{ step }, id] of ids) await untilDone(id, step)
    await deployment.worker.kill()
    temporal.thaw()
    await deployment.worker.start()

    await expectEachOnce(ids)
  })
})

describe('if a worker and an API in one process are killed', () => {
  test('during the first tasks of the worker, the next process completes its runs', async () => {
    // Each account is held at an earlier step than the account before it.
    const accounts = ['notify-user', 'provision-licenses', 'create-organization'].map((step) =>
      held('before', step),
    )
    const ids = new Map<HeldAccount, string>()
    await deployment.workerAndApi.start()
    for (const account of accounts) {
      deployment.gates.holdAll(account.boundary)
      const { status, body } = await deployment.post(account.name)
      expect(status).toBe(202)
      ids.set(account, body.id)
      await untilHeld(ids)
    }
    await deployment.workerAndApi.kill()
    deployment.gates.open()
    await deployment.workerAndApi.start()

    await decide(ids.values().next().value, 'retry', 'The mail server has not received the message.')
    await expectEachOnce(ids)
  })
})

async function untilDone(id: string, step: string): Promise<void> {
  const statusOf = async () =>
    (await deployment.read(id)).steps.find(({ id: stepId }) => stepId === step)?.status
  await expect.poll(statusOf, { timeout: 10_000 }).toBe('done')
}
