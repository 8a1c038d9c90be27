import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { BulkDecisionView } from '../../../api/bulk-decisions/schemas.ts'
import { createApiKey } from '../../../domain/access/api-keys.ts'
import { acceptBulkDecision } from '../../../domain/decisions/bulk-decision.ts'
import { setItem } from '../../../domain/decisions/bulk-progress.ts'
import { writeDecision } from '../../../domain/decisions/take-decision.ts'
import { bulkWorkflowId } from '../../../workflows/contract.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { anOrganization } from '../../builders/organization.ts'
import { type EngineApi, startApiFor } from '../../stack/api.ts'
import { stubborn, stubbornStep } from '../../stack/stubborn-step.ts'
import { type Engine, startEngine } from '../../stack/tenantry-command.ts'

const crm = stubborn({ optional: true })
let engine: Engine
let api: EngineApi
/** A partner of its own for each test, with a key. */
let partner: string
let key: { authorization: string }
/** Lets one call after the other go on. */
let gates: (() => void)[]

beforeAll(async () => {
  engine = await startEngine({ plugins: [crm.plugin] })
  api = await startApiFor(engine)
})
afterAll(async () => {
  await api.close()
  await engine.stop()
})
beforeEach(async () => {
  Object.assign(crm, { doing: 'refuses', gate: async () => undefined, calls: [] })
  gates = []
  const platform = (await api.send('GET', '/v1/organizations/root')).body.id
  partner = await anOrganization(engine.db, platform)
  const made = await createApiKey(engine.db, { name: 'partner', role: 'partner', organizationId: partner })
  key = { authorization: `Bearer ${made.key}` }
})

async function stuck(count: number): Promise<string[]> {
  const accounts = Array.from({ length: count }, () =>
    api.send('POST', `/v1/organizations/${partner}/accounts`, anAccountBody(), { prefer: 'wait=20' }),
  )
  const bodies = (await Promise.all(accounts)).map(({ body }) => body)
  expect(bodies.every(({ status }) => status === 'needs_attention')).toBe(true)
  return bodies.map(({ id }) => id)
}

const crmRefused = { status: 'needs_attention', code: 'crm_refused' }
const bulk = (body: object, headers: Record<string, string> = {}) =>
  api.send('POST', '/v1/onboardings/bulk', body, { ...key, ...headers })
const read = async (id: string): Promise<BulkDecisionView> =>
  (await api.send('GET', `/v1/bulk-decisions/${id}`, undefined, key)).body
const itemsOf = async (id: string) =>
  (await api.send('GET', `/v1/bulk-decisions/${id}/items?limit=200`, undefined, key)).body.items
const decisionsOn = async (id: string) =>
  (await api.send('GET', `/v1/onboardings/${id}/decisions`)).body.items
const settled = async (id: string): Promise<BulkDecisionView> => {
  await expect.poll(async () => (await read(id)).status).toBe('closed')
  return read(id)
}
const waitAtGates = () => {
  crm.doing = 'works'
  crm.gate = () => new Promise((resolve) => void gates.push(resolve))
}
const leaveAlone = (interval: string) =>
  sql`update bulk_decisions set updated_at = now() + ${interval}::interval where closed_at is null`.execute(
    engine.db,
  )
const openGates = () => {
  crm.gate = async () => undefined
  for (const open of gates) open()
}

describe('a decision in bulk', () => {
  test('has a dry run without any effect', async () => {
    const ids = await stuck(3)
    const { status, body } = await bulk({ action: 'retry', filter: crmRefused, dryRun: true })
    expect([status, body]).toEqual([
      200,
      {
        action: 'retry',
        count: 3,
        stuckAt: [{ step: stubbornStep, code: 'crm_refused', count: 3 }],
        items: ids
          .toSorted()
          .map((onboardingId) => ({ onboardingId, step: stubbornStep, code: 'crm_refused' })),
      },
    ])
    const cancel = await bulk({ action: 'cancel', filter: { parentId: partner }, dryRun: true })
    expect(cancel.body).toMatchObject({ count: 3, items: [{ step: null }, { step: null }, { step: null }] })
    expect((await bulk({ action: 'retry', filter: { code: 'other' }, dryRun: true })).body.count).toBe(0)
    for (const id of ids) expect(await decisionsOn(id)).toEqual([])
  })

  test.each([
    [{ action: 'retry', filter: {}, reason: 'why' }, '/filter'],
    [{ action: 'retry', reason: 'why' }, '/filter'],
    [{ action: 'retry', filter: { colour: 'red' }, reason: 'why' }, '/filter/colour'],
    [{ action: 'retry', filter: crmRefused }, '/reason'],
    [{ action: 'skip', filter: crmRefused, reason: 'why' }, '/filter/step'],
    [{ action: 'retry', filter: crmRefused, reason: 'why', undo: {} }, '/undo'],
    [{ action: 'retry', filter: crmRefused, reason: 'why', atOnce: 0 }, '/atOnce'],
    [{ action: 'retry', filter: crmRefused, reason: 'why', atOnce: 101 }, '/atOnce'],
  ])('is refused as %j', async (body, pointer) => {
    const answer = await bulk(body)
    expect(answer.status).toBe(422)
    expect(answer.body.errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer)
  })

  test('has never more runs under way than it may, and says what came of each', async () => {
    const ids = await stuck(5)
    waitAtGates()
    const { status, headers, body } = await bulk({
      action: 'retry',
      filter: crmRefused,
      reason: 'Mended.',
      atOnce: 2,
    })
    expect([status, headers.location]).toEqual([202, `/v1/bulk-decisions/${body.id}`])
    crm.calls.length = 0
    for (let done = 0; done < ids.length; done++) {
      const underWay = Math.min(2, ids.length - done)
      await expect.poll(() => gates.length).toBe(done + underWay)
      await expect
        .poll(async () => (await read(body.id)).counts)
        .toMatchObject({ completed: done, sent: underWay, pending: ids.length - done - underWay })
      gates[done]?.()
    }
    expect(await settled(body.id)).toMatchObject({ total: 5, counts: { completed: 5, pending: 0 } })
    const items = await itemsOf(body.id)
    expect(items.map(({ onboardingId }: { onboardingId: string }) => onboardingId).toSorted()).toEqual(
      ids.toSorted(),
    )
    for (const { id, onboardingId } of items)
      expect(await decisionsOn(onboardingId)).toMatchObject([
        { id, action: 'retry', step: stubbornStep, source: 'bulk', reason: 'Mended.', outcome: 'taken' },
      ])
  })

  test('says which are stuck again', async () => {
    const ids = await stuck(2)
    const { body } = await bulk({ action: 'retry', filter: crmRefused, reason: 'Perhaps.' })
    expect((await settled(body.id)).counts).toMatchObject({ needs_attention: 2 })
    for (const id of ids) expect(await decisionsOn(id)).toHaveLength(1)
  })

  test('skips a step, and cancels', async () => {
    await stuck(2)
    const skip = { action: 'skip', filter: { step: stubbornStep, parentId: partner }, reason: 'By hand.' }
    expect((await settled((await bulk(skip)).body.id)).counts).toMatchObject({ completed: 2 })
    await stuck(2)
    const cancel = { action: 'cancel', filter: { status: 'needs_attention' }, reason: 'Ordered twice.' }
    expect((await settled((await bulk(cancel)).body.id)).counts).toMatchObject({ cancelled: 2 })
  })

  test('leaves what somebody else decided on meanwhile, also what is stuck again, and says so', async () => {
    await stuck(4)
    waitAtGates()
    const { body } = await bulk({ action: 'retry', filter: crmRefused, reason: 'Mended.', atOnce: 1 })
    await expect.poll(() => gates.length).toBe(1)
    const [, cancelled, skipped, retried] = await itemsOf(body.id)
    const decide = (item: { onboardingId: string }, action: string, wanted: object) =>
      api.send('POST', `/v1/onboardings/${item.onboardingId}/${action}`, { reason: 'No.', ...wanted })
    await decide(cancelled, 'cancel', {})
    await decide(skipped, 'skip', { step: stubbornStep })
    Object.assign(crm, { doing: 'refuses', gate: async () => undefined })
    await decide(retried, 'retry', {})
    await api.until(cancelled.onboardingId, 'cancelled')
    await api.until(skipped.onboardingId, 'completed')
    await api.until(retried.onboardingId, 'needs_attention')
    crm.doing = 'works'
    openGates()
    expect((await settled(body.id)).counts).toMatchObject({ completed: 1, refused: 3 })
    expect(await itemsOf(body.id)).toMatchObject([
      { status: 'completed', refusal: null },
      { status: 'refused', refusal: expect.stringContaining('The last decision was: cancel, by key_') },
      { status: 'refused', refusal: expect.stringContaining(`skip of ${stubbornStep}, by key_`) },
      { status: 'refused', refusal: expect.stringContaining(`retry of ${stubbornStep}, by key_`) },
    ])
    expect(await decisionsOn(retried.onboardingId)).toHaveLength(1)
  })

  test('is settled also where a run was cancelled before it acted on the decision', async () => {
    await stuck(2)
    waitAtGates()
    const { body } = await bulk({ action: 'retry', filter: crmRefused, reason: 'Mended.', atOnce: 1 })
    await expect.poll(() => gates.length).toBe(1)
    const [, { id, onboardingId }] = await itemsOf(body.id)
    // The run has it, and is gone before it says so.
    const decision = { id, source: 'bulk', runId: onboardingId, action: 'retry', actor: 'key' } as const
    await writeDecision(engine.db, decision, () => true)
    await setItem(engine.db, id, { status: 'sent' })
    await api.send('POST', `/v1/onboardings/${onboardingId}/cancel`, { reason: 'Ordered twice.' })
    openGates()
    expect((await settled(body.id)).counts).toMatchObject({ completed: 1, refused: 1 })
    const refusal = 'The run was cancelled before it received the decision.'
    expect(await itemsOf(body.id)).toContainEqual(expect.objectContaining({ id, status: 'refused', refusal }))
    expect(await decisionsOn(onboardingId)).toMatchObject([
      { action: 'cancel', outcome: 'taken' },
      { id, outcome: 'refused', refusal },
    ])
  })

  test('is not made any more where it was begun, and somebody else has decided since', async () => {
    const [onboardingId = ''] = await stuck(1)
    const { id: apiKeyId } = await engine.db.selectFrom('api_keys').select('id').executeTakeFirstOrThrow()
    const bulkId = await acceptBulkDecision(
      engine.db,
      {
        apiKeyId,
        organizationId: partner,
        action: 'cancel',
        filter: {},
        reason: 'Ordered twice.',
        atOnce: 1,
        idempotencyKey: undefined,
        bodyHash: '',
      },
      [{ runId: onboardingId, stepId: null, code: null }],
    )
    // A worker that wrote the decision down, and died.
    await leaveAlone('1 hour')
    const { decision_id: id } = await engine.db
      .selectFrom('bulk_decision_items')
      .select('decision_id')
      .where('run_id', '=', onboardingId)
      .executeTakeFirstOrThrow()
    const decision = { id, source: 'bulk', runId: onboardingId, action: 'cancel', actor: apiKeyId } as const
    await writeDecision(engine.db, decision, () => true)
    waitAtGates()
    await api.send('POST', `/v1/onboardings/${onboardingId}/retry`, { reason: 'Mended.' })
    await expect.poll(() => gates.length).toBe(1)
    await leaveAlone('-1 hour')
    expect((await settled(bulkId ?? '')).counts).toMatchObject({ refused: 1 })
    openGates()
    await api.until(onboardingId, 'completed')
    expect(await decisionsOn(onboardingId)).toMatchObject([
      { action: 'retry', outcome: 'taken' },
      { id, outcome: 'refused' },
    ])
  })

  test('goes on with another worker, and decides on nothing twice', async () => {
    const ids = await stuck(6)
    waitAtGates()
    const { body } = await bulk({ action: 'retry', filter: crmRefused, reason: 'Mended.', atOnce: 3 })
    await expect.poll(() => gates.length).toBe(3)
    openGates()
    await engine.restartWorker()
    expect((await settled(body.id)).counts).toMatchObject({ completed: 6 })
    for (const id of ids) expect(await decisionsOn(id)).toHaveLength(1)
  })

  test('is the same under the same key, and refused for another', async () => {
    await stuck(1)
    const wanted = { action: 'retry', filter: crmRefused, reason: 'Mended.' }
    const headers = { 'idempotency-key': 'bulk-1' }
    const first = await bulk(wanted, headers)
    expect((await bulk(wanted, headers)).body.id).toBe(first.body.id)
    const other = await bulk({ ...wanted, reason: 'Other.' }, headers)
    expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused'])
    await settled(first.body.id)
  })

  test('is about the caller’s own, and seen by nobody beside it', async () => {
    const mine = await stuck(1)
    const platform = (await api.send('GET', '/v1/organizations/root')).body.id
    const made = await createApiKey(engine.db, {
      name: 'other',
      role: 'partner',
      organizationId: await anOrganization(engine.db, platform),
    })
    const other = { authorization: `Bearer ${made.key}` }
    const nothing = await bulk(
      { action: 'cancel', filter: { parentId: partner }, reason: 'Mine now.' },
      other,
    )
    expect([nothing.status, nothing.body.total, nothing.body.status]).toEqual([202, 0, 'closed'])
    const { body } = await bulk({ action: 'cancel', filter: { parentId: partner }, reason: 'No.' })
    expect(body.total).toBe(mine.length)
    for (const path of ['', '/items'])
      expect((await api.send('GET', `/v1/bulk-decisions/${body.id}${path}`, undefined, other)).status).toBe(
        404,
      )
    await settled(body.id)
  })

  test('stops handing over when its workflow is cancelled, and says so of the rest', async () => {
    await stuck(3)
    waitAtGates()
    const { body } = await bulk({ action: 'retry', filter: crmRefused, reason: 'Mended.', atOnce: 1 })
    await expect.poll(() => gates.length).toBe(1)
    await engine.client.workflow.getHandle(bulkWorkflowId(body.id)).cancel()
    await expect.poll(async () => (await read(body.id)).counts.refused).toBe(2)
    openGates()
    expect((await settled(body.id)).counts).toMatchObject({ completed: 1, refused: 2 })
  })
})
