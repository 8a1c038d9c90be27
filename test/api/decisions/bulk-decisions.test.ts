import { sql } from 'kysely'
import { beforeEach, describe, expect, test } from 'vitest'
import type { BulkDecisionView } from '../../../api/bulk-decisions/schemas.ts'
import { revokeApiKey } from '../../../domain/access/api-keys.ts'
import { acceptBulkDecision } from '../../../domain/decisions/bulk-decision.ts'
import { setItem } from '../../../domain/decisions/bulk-progress.ts'
import { writeDecision } from '../../../domain/decisions/take-decision.ts'
import { bulkWorkflowId } from '../../../workflows/contract.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { anOrganization, setStatus } from '../../builders/organization.ts'
import { startEngineForFile } from '../../builders/engine-for-file.ts'
import { aKeyHeader } from '../../builders/key-header.ts'
import { stubborn, stubbornStep } from '../../stack/stubborn-step.ts'
import { decisionsOn } from '../runs/run-calls.ts'
import { rowsOf } from '../../builders/rows.ts'

const crm = stubborn({ optional: true })
/** Each test has its own partner, with a key. */
let partner: string
let key: { authorization: string }
/** Each function releases one call of the CRM, in the order of the calls. */
let gates: (() => void)[]

const { engine, api } = await startEngineForFile({ plugins: [crm.plugin] })
beforeEach(async () => {
  Object.assign(crm, { doing: 'refuses', gate: async () => undefined, calls: [] })
  gates = []
  const platform = (await api.get('/v1/organizations/root')).body.id
  partner = await anOrganization(engine.db, platform)
  key = await aKeyHeader(engine.db, partner)
})

async function stuck(count: number): Promise<string[]> {
  const accounts = Array.from({ length: count }, () =>
    api.post(`/v1/organizations/${partner}/accounts`, anAccountBody(), { prefer: 'wait=20' }),
  )
  const bodies = (await Promise.all(accounts)).map(({ body }) => body)
  expect(bodies.every(({ status }) => status === 'needs_attention')).toBe(true)
  return bodies.map(({ id }) => id)
}

const crmRefused = { status: 'needs_attention', code: 'crm_refused' }
const bulk = (body: object, headers: Record<string, string> = {}) =>
  api.post('/v1/onboardings/bulk', body, { ...key, ...headers })
const read = async (id: string): Promise<BulkDecisionView> =>
  (await api.get(`/v1/bulk-decisions/${id}`, key)).body
const itemsOf = async (id: string) =>
  (await api.get(`/v1/bulk-decisions/${id}/items?limit=200`, key)).body.items
const untilClosed = async (id: string): Promise<BulkDecisionView> => {
  await expect.poll(async () => (await read(id)).status).toBe('closed')
  return read(id)
}
const waitAtGates = () => {
  crm.doing = 'works'
  crm.gate = () => new Promise((resolve) => void gates.push(resolve))
}
const moveLastUpdate = (interval: string) =>
  sql`update bulk_decisions set updated_at = now() + ${interval}::interval where closed_at is null`.execute(
    engine.db,
  )
const openGates = () => {
  crm.gate = async () => undefined
  for (const open of gates) open()
}

describe('Bulk decisions', () => {
  test('A dry run of a bulk decision shows its runs and has no effect', async () => {
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
    for (const id of ids) expect(await decisionsOn(api, id)).toEqual([])
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
  ])('The bulk decision %j is refused by the pointer of the field', async (body, pointer) => {
    const answer = await bulk(body)
    expect(answer.status).toBe(422)
    expect(answer.body.errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer)
  })

  test('A bulk decision has at most `atOnce` runs in progress and reports the result of each', async () => {
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
    expect(await untilClosed(body.id)).toMatchObject({ total: 5, counts: { completed: 5, pending: 0 } })
    const items = await itemsOf(body.id)
    expect(items.map(({ onboardingId }: { onboardingId: string }) => onboardingId).toSorted()).toEqual(
      ids.toSorted(),
    )
    for (const { id, onboardingId } of items)
      expect(await decisionsOn(api, onboardingId)).toMatchObject([
        { id, action: 'retry', step: stubbornStep, source: 'bulk', reason: 'Mended.', outcome: 'taken' },
      ])
  })

  test('A bulk decision counts the runs that are stuck again', async () => {
    const ids = await stuck(2)
    const { body } = await bulk({ action: 'retry', filter: crmRefused, reason: 'Perhaps.' })
    expect((await untilClosed(body.id)).counts).toMatchObject({ needs_attention: 2 })
    for (const id of ids) expect(await decisionsOn(api, id)).toHaveLength(1)
  })

  test('A bulk decision can skip a step of every run or cancel every run', async () => {
    await stuck(2)
    const skip = { action: 'skip', filter: { step: stubbornStep, parentId: partner }, reason: 'By hand.' }
    expect((await untilClosed((await bulk(skip)).body.id)).counts).toMatchObject({ completed: 2 })
    await stuck(2)
    const cancel = { action: 'cancel', filter: { status: 'needs_attention' }, reason: 'Ordered twice.' }
    expect((await untilClosed((await bulk(cancel)).body.id)).counts).toMatchObject({ cancelled: 2 })
  })

  test('A run that another decision changed meanwhile is refused, even if it is stuck again', async () => {
    await stuck(4)
    waitAtGates()
    const { body } = await bulk({ action: 'retry', filter: crmRefused, reason: 'Mended.', atOnce: 1 })
    await expect.poll(() => gates.length).toBe(1)
    const [, cancelled, skipped, retried] = await itemsOf(body.id)
    const decide = (item: { onboardingId: string }, action: string, wanted: object) =>
      api.post(`/v1/onboardings/${item.onboardingId}/${action}`, { reason: 'No.', ...wanted })
    await decide(cancelled, 'cancel', {})
    await decide(skipped, 'skip', { step: stubbornStep })
    Object.assign(crm, { doing: 'refuses', gate: async () => undefined })
    await decide(retried, 'retry', {})
    await api.until(cancelled.onboardingId, 'cancelled')
    await api.until(skipped.onboardingId, 'completed')
    await api.until(retried.onboardingId, 'needs_attention')
    crm.doing = 'works'
    openGates()
    expect((await untilClosed(body.id)).counts).toMatchObject({ completed: 1, refused: 3 })
    expect(await itemsOf(body.id)).toMatchObject([
      { status: 'completed', refusal: null },
      { status: 'refused', refusal: expect.stringContaining('The last decision was: cancel, by key_') },
      { status: 'refused', refusal: expect.stringContaining(`skip of ${stubbornStep}, by key_`) },
      { status: 'refused', refusal: expect.stringContaining(`retry of ${stubbornStep}, by key_`) },
    ])
    expect(await decisionsOn(api, retried.onboardingId)).toHaveLength(1)
  })

  test('A bulk decision closes although a run was cancelled before it acted on the decision', async () => {
    await stuck(2)
    waitAtGates()
    const { body } = await bulk({ action: 'retry', filter: crmRefused, reason: 'Mended.', atOnce: 1 })
    await expect.poll(() => gates.length).toBe(1)
    const [, { id, onboardingId }] = await itemsOf(body.id)
    // The decision was sent to the run, but the run is cancelled before it takes the decision.
    const decision = { id, source: 'bulk', runId: onboardingId, action: 'retry', actor: 'key' } as const
    await writeDecision(engine.db, decision, () => true)
    await setItem(engine.db, id, { status: 'sent' })
    await api.post(`/v1/onboardings/${onboardingId}/cancel`, { reason: 'Ordered twice.' })
    openGates()
    expect((await untilClosed(body.id)).counts).toMatchObject({ completed: 1, refused: 1 })
    const refusal = 'The run was cancelled before it received the decision.'
    expect(await itemsOf(body.id)).toContainEqual(expect.objectContaining({ id, status: 'refused', refusal }))
    expect(await decisionsOn(api, onboardingId)).toMatchObject([
      { action: 'cancel', outcome: 'taken' },
      { id, outcome: 'refused', refusal },
    ])
  })

  test('A decision that a killed worker left pending is refused after another decision on the run', async () => {
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
    // The state after a worker stored the decision and was killed before it sent it.
    await moveLastUpdate('1 hour')
    const [item] = await rowsOf(engine.db, 'bulk_decision_items', { run_id: onboardingId })
    const id = item?.decision_id ?? ''
    const decision = { id, source: 'bulk', runId: onboardingId, action: 'cancel', actor: apiKeyId } as const
    await writeDecision(engine.db, decision, () => true)
    waitAtGates()
    await api.post(`/v1/onboardings/${onboardingId}/retry`, { reason: 'Mended.' })
    await expect.poll(() => gates.length).toBe(1)
    await moveLastUpdate('-1 hour')
    expect((await untilClosed(bulkId ?? '')).counts).toMatchObject({ refused: 1 })
    openGates()
    await api.until(onboardingId, 'completed')
    expect(await decisionsOn(api, onboardingId)).toMatchObject([
      { action: 'retry', outcome: 'taken' },
      { id, outcome: 'refused' },
    ])
  })

  test('A bulk decision goes on with another worker and decides on each run once', async () => {
    const ids = await stuck(6)
    waitAtGates()
    const { body } = await bulk({ action: 'retry', filter: crmRefused, reason: 'Mended.', atOnce: 3 })
    await expect.poll(() => gates.length).toBe(3)
    openGates()
    await engine.restartWorker()
    expect((await untilClosed(body.id)).counts).toMatchObject({ completed: 6 })
    for (const id of ids) expect(await decisionsOn(api, id)).toHaveLength(1)
  })

  test('A repeated request under one key is the same bulk decision, and another body is refused', async () => {
    await stuck(1)
    const wanted = { action: 'retry', filter: crmRefused, reason: 'Mended.' }
    const headers = { 'idempotency-key': 'bulk-1' }
    const first = await bulk(wanted, headers)
    expect((await bulk(wanted, headers)).body.id).toBe(first.body.id)
    const other = await bulk({ ...wanted, reason: 'Other.' }, headers)
    expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused'])
    await untilClosed(first.body.id)
  })

  test('A bulk decision affects only runs in the subtree of the caller, and is hidden from other partners', async () => {
    const mine = await stuck(1)
    const platform = (await api.get('/v1/organizations/root')).body.id
    const other = await aKeyHeader(engine.db, await anOrganization(engine.db, platform))
    const nothing = await bulk(
      { action: 'cancel', filter: { parentId: partner }, reason: 'Mine now.' },
      other,
    )
    expect([nothing.status, nothing.body.total, nothing.body.status]).toEqual([202, 0, 'closed'])
    const { body } = await bulk({ action: 'cancel', filter: { parentId: partner }, reason: 'No.' })
    expect(body.total).toBe(mine.length)
    for (const path of ['', '/items'])
      expect((await api.get(`/v1/bulk-decisions/${body.id}${path}`, other)).status).toBe(404)
    await untilClosed(body.id)
  })

  test.each(['revoked', 'suspended'])(
    'A bulk decision of a %s caller sends no more decisions and says so for the rest',
    async (lost) => {
      await stuck(3)
      waitAtGates()
      const { body } = await bulk({ action: 'retry', filter: crmRefused, reason: 'Mended.', atOnce: 1 })
      await expect.poll(() => gates.length).toBe(1)
      const { id: keyId } = await engine.db
        .selectFrom('api_keys')
        .select('id')
        .where('organization_id', '=', partner)
        .executeTakeFirstOrThrow()
      if (lost === 'revoked') await revokeApiKey(engine.db, keyId)
      else await setStatus(engine.db, partner, 'suspended')
      openGates()
      key = await aKeyHeader(engine.db)
      expect((await untilClosed(body.id)).counts).toMatchObject({ completed: 1, refused: 2 })
      const refusals = (await itemsOf(body.id)).flatMap(
        ({ refusal }: { refusal: string | null }) => refusal ?? [],
      )
      expect(refusals).toEqual([expect.stringContaining(lost), expect.stringContaining(lost)])
    },
  )

  test('A bulk decision whose workflow is cancelled sends no more decisions and refuses the rest', async () => {
    await stuck(3)
    waitAtGates()
    const { body } = await bulk({ action: 'retry', filter: crmRefused, reason: 'Mended.', atOnce: 1 })
    await expect.poll(() => gates.length).toBe(1)
    await engine.client.workflow.getHandle(bulkWorkflowId(body.id)).cancel()
    await expect.poll(async () => (await read(body.id)).counts.refused).toBe(2)
    openGates()
    expect((await untilClosed(body.id)).counts).toMatchObject({ completed: 1, refused: 2 })
  })
})
