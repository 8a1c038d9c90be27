import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createDeployment, type Deployment } from './deployment.ts'
import { addedOnce } from './effects.ts'
import { freshDatabase, type TestDatabase } from '../../stack/database.ts'
import type { Boundary } from './gates.ts'
import { type OwnServer, startOwnTemporal } from './own-temporal.ts'

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

/** An account that is to be held at a boundary, and is named after it. */
interface Held {
  name: string
  step: string
  boundary: Boundary
}

function held(moment: 'before' | 'after', step: string, purpose = 'held'): Held {
  return { name: `${purpose} ${moment} ${step}`, step, boundary: `${moment} ${step}` }
}

let database: TestDatabase
let temporal: OwnServer & { address: string }
let deployment: Deployment

beforeEach(async () => {
  ;[database, temporal] = await Promise.all([freshDatabase(), startOwnTemporal()])
  deployment = await createDeployment({
    db: database.db,
    databaseUrl: database.url,
    temporalAddress: temporal.address,
  })
})
afterEach(async () => {
  await deployment.stop()
  await temporal.remove()
  await database.drop()
})

/** Accepts accounts before there is a worker, so that each is held where it should be once there is one. */
async function accept(accounts: Held[]): Promise<Map<Held, string>> {
  const ids = new Map<Held, string>()
  for (const account of accounts) {
    const { status, body } = await deployment.post(account.name)
    expect(status).toBe(202)
    deployment.gates.hold(body.id, account.boundary)
    ids.set(account, body.id)
  }
  return ids
}

async function untilHeld(ids: ReadonlyMap<Held, string>): Promise<void> {
  const missing = () => {
    const there = new Set(deployment.gates.held())
    return [...ids].filter(([, id]) => !there.has(id)).map(([{ name }]) => name)
  }
  await expect.poll(missing, { timeout: 30_000 }).toEqual([])
}

async function replaceWorker(): Promise<void> {
  await deployment.worker.kill()
  deployment.gates.open()
  await deployment.worker.start()
}

/** The invitation was on its way, and nobody can say whether it arrived: that needs a person. */
async function decide(id: string | undefined, operation: 'retry' | 'skip', reason: string): Promise<void> {
  await deployment.until([id], 'needs_attention')
  const { steps } = await deployment.read(id)
  expect(steps.find((step) => step.status === 'needs_attention')).toMatchObject({
    id: 'notify-user',
    error: { code: 'outcome_unknown', nextAction: expect.stringContaining('Find out') },
  })
  const { status } = await deployment.operate(id, operation, { step: 'notify-user', reason })
  expect(status).toBe(202)
}

async function expectEachOnce(ids: ReadonlyMap<Held, string>): Promise<void> {
  await deployment.until([...ids.values()], 'completed')
  for (const { name } of ids.keys()) {
    expect({ name, ...(await deployment.effects(name)) }).toEqual({ name, ...addedOnce, mails: 1 })
  }
}

describe('a worker that is killed', () => {
  beforeEach(() => deployment.api.start())

  test('at any step boundary of the inline steps has its accounts finished by the next one', async () => {
    const ids = await accept([...inTransactions, beforeNotify, afterNotify])
    await deployment.worker.start()
    await untilHeld(ids)
    await replaceWorker()

    await decide(ids.get(beforeNotify), 'retry', 'The mail server has never seen it.')
    await decide(ids.get(afterNotify), 'skip', 'The mail server has delivered it.')
    await expectEachOnce(ids)
  })

  test('at any step boundary of separate activities, likewise', async () => {
    const ids = await accept([...inTransactions, beforeNotify, afterNotify])
    for (const id of ids.values()) deployment.gates.refuseOnce(id)
    await deployment.worker.start()
    await untilHeld(ids)
    await replaceWorker()

    await decide(ids.get(beforeNotify), 'retry', 'The mail server has never seen it.')
    await decide(ids.get(afterNotify), 'skip', 'The mail server has delivered it.')
    await expectEachOnce(ids)
  })

  test('after a step committed and before Temporal heard of it, likewise', async () => {
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

describe('a worker and API in one process', () => {
  test('that is killed with the first tasks it was given has its accounts finished by the next one', async () => {
    // Each is held a step earlier than the one before it.
    const accounts = ['notify-user', 'provision-licenses', 'create-organization'].map((step) =>
      held('before', step),
    )
    const ids = new Map<Held, string>()
    await deployment.workerAndApi.start()
    for (const account of accounts) {
      deployment.gates.holdEveryone(account.boundary)
      const { status, body } = await deployment.post(account.name)
      expect(status).toBe(202)
      ids.set(account, body.id)
      await untilHeld(ids)
    }
    await deployment.workerAndApi.kill()
    deployment.gates.open()
    await deployment.workerAndApi.start()

    await decide(ids.values().next().value, 'retry', 'The mail server has never seen it.')
    await expectEachOnce(ids)
  })
})

async function untilDone(id: string, step: string): Promise<void> {
  const statusOf = async () => (await deployment.read(id)).steps.find((run) => run.id === step)?.status
  await expect.poll(statusOf, { timeout: 10_000 }).toBe('done')
}
