import { sql } from 'kysely'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startSweeper } from '../../../temporal/sweeper.ts'
import type { Runs } from '../../../temporal/runs.ts'
import { acceptOnboarding } from '../../../domain/runs/accept-onboarding.ts'
import { ensureBootstrapKey, findCaller, generateApiKey } from '../../../domain/access/api-keys.ts'
import { freshDatabase, type TestDatabase } from '../../stack/database.ts'

// The sweeper, with runs that nobody started and a fake of Temporal that each test controls.
let database: TestDatabase
let sweeper: ReturnType<typeof startSweeper> | undefined
let log: { level: number; msg: string; started?: number; reason?: string }[]
let started: string[]
let start: () => Promise<void>
beforeEach(async () => {
  database = await freshDatabase()
  log = []
  started = []
  start = async () => undefined
})
afterEach(async () => {
  await sweeper?.stop()
  sweeper = undefined
  await database.drop()
})

const runs: Runs = {
  async start({ id }) {
    started.push(id)
    await start()
  },
  sendDecision: async () => ({ outcome: 'taken' }),
  startBulk: async () => undefined,
  isReachable: async () => true,
}

function sweep(): void {
  const logger = pino({}, { write: (line) => void log.push(JSON.parse(line)) })
  sweeper = startSweeper({ db: database.db, runs, logger })
}

/** Accepts this many runs, as if long ago and never started. */
async function leaveUnstarted(count: number): Promise<void> {
  const { db } = database
  const key = generateApiKey()
  await ensureBootstrapKey(db, key)
  const caller = await findCaller(db, key)
  if (caller === undefined) throw new Error('The key was made a moment ago.')
  const company = { name: 'Northwind', country: 'US', state: 'US-TX' }
  const onboarding = {
    parentId: caller.organizationId,
    apiKeyId: caller.apiKeyId,
    idempotencyKey: undefined,
    bodyHash: '',
    request: { type: 'customer' as const, company },
    plan: [],
  }
  for (let each = 0; each < count; each += 1) await acceptOnboarding(db, onboarding)
  await makeDue()
}
const makeDue = () =>
  sql`update runs set updated_at = now() - interval '1 day' where status = 'accepted'`.execute(database.db)
const messages = () => log.map(({ msg }) => msg)

test('The sweeper starts all unstarted runs, ten at a time, and logs their number', async () => {
  await leaveUnstarted(125)
  let [atOnce, most] = [0, 0]
  start = async () => {
    atOnce += 1
    most = Math.max(most, atOnce)
    await new Promise(setImmediate)
    atOnce -= 1
  }
  sweep()
  await expect.poll(() => log.length).toBe(1)
  expect(log[0]).toMatchObject({ started: 125, msg: 'started workflows that were left unstarted' })
  expect([new Set(started).size, started.length, most]).toEqual([125, 125, 10])
  await leaveUnstarted(1)
  await expect.poll(() => started.length).toBeGreaterThan(125)
  // The rounds without an unstarted run logged nothing.
  await expect.poll(() => log.length).toBe(2)
})

test('The sweeper logs once that it is held up, and again after it worked in between', async () => {
  await leaveUnstarted(1)
  start = async () => {
    throw new TypeError('ada@example.com')
  }
  sweep()
  const heldUp = 'cannot start workflows; the sweeper goes on trying'
  await expect.poll(messages).toEqual([heldUp])
  await makeDue()
  await expect.poll(() => started.length).toBe(2)
  await makeDue()
  await expect.poll(() => started.length).toBe(3)
  expect(log).toMatchObject([{ level: 40, msg: heldUp, reason: 'TypeError' }])

  start = async () => undefined
  await makeDue()
  await expect.poll(() => messages().at(-1)).toBe('started workflows that were left unstarted')
  start = () => Promise.reject('away')
  await makeDue()
  await expect.poll(() => messages().at(-1)).toBe(heldUp)
  expect(log.at(-1)?.reason).toBe('unknown')
})

test('A sweeper that is stopped finishes the starts in progress and begins no others', async () => {
  await leaveUnstarted(60)
  const gate = Promise.withResolvers<void>()
  start = () => gate.promise
  sweep()
  await expect.poll(() => started.length).toBe(10)
  let stopped = false
  const stopping = sweeper?.stop().then(() => {
    stopped = true
  })
  await new Promise(setImmediate)
  expect(stopped).toBe(false)
  gate.resolve()
  await stopping
  expect(started).toHaveLength(10)
})
