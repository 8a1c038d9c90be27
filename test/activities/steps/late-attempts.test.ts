import { MockActivityEnvironment } from '@temporalio/testing'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { createJournalActivities } from '../../../activities/steps/journal-activities.ts'
import { runStep } from '../../../activities/steps/run-step.ts'
import { undoStep } from '../../../activities/steps/undo-step.ts'
import { acceptOnboarding } from '../../../domain/runs/accept-onboarding.ts'
import { ensureBootstrapKey, findCaller, generateApiKey } from '../../../domain/access/api-keys.ts'
import { definePlugin, defineStep, type StepResult } from '../../../plugins/plugin-contract.ts'
import { createRegistry, type Registry } from '../../../plugins/registry.ts'
import { plannedStep } from '../../builders/planned-step.ts'
import { freshDatabase, type TestDatabase } from '../../stack/database.ts'

const step = plannedStep('call', { retry: { ...plannedStep('call').retry, maximumAttempts: 1 } })
type Result = StepResult<{ id: string }>

let database: TestDatabase
let runId: string
/** The calls of the step, in the order in which they began. A test decides when each ends. */
let calls: PromiseWithResolvers<Result>[]

beforeEach(async () => {
  database = await freshDatabase()
  const key = generateApiKey()
  await ensureBootstrapKey(database.db, key)
  const caller = await findCaller(database.db, key)
  const accepted = await acceptOnboarding(database.db, {
    parentId: caller?.organizationId ?? '',
    apiKeyId: caller?.apiKeyId ?? '',
    idempotencyKey: undefined,
    bodyHash: '',
    request: { type: 'customer', company: { name: 'Late', country: 'US', state: 'US-TX' } },
    plan: [step],
  })
  runId = accepted?.id ?? ''
  calls = []
})
afterEach(() => database.drop())

/** Runs one attempt, as a worker does. */
function attempt(registry: Registry = withStep()): Promise<unknown> {
  const dependencies = { db: database.db, registry, logger: pino({ level: 'silent' }) }
  return new MockActivityEnvironment({ isLocal: false, attempt: 1 }).run(() =>
    runStep(dependencies, { runId, step }),
  )
}

function withStep(outcome: 'absent' | 'unknown' = 'absent'): Registry {
  const waitingCall = defineStep({
    id: 'call',
    version: 1,
    title: 'Call',
    placement: 'external',
    input: z.object({}),
    output: z.object({ id: z.string() }),
    undo: 'undo',
    preview: () => ({ summary: 'Call them.' }),
    async execute() {
      const call = Promise.withResolvers<Result>()
      calls.push(call)
      return call.promise
    },
    lookup: async () => ({ outcome }),
    compensate: async () => undefined,
  })
  return createRegistry([definePlugin({ name: 'caller', steps: [waitingCall] })])
}

async function untilCalls(count: number): Promise<void> {
  await expect.poll(() => calls, { timeout: 10_000 }).toHaveLength(count)
}

async function status(): Promise<string> {
  const row = await database.db.selectFrom('step_runs').select('status').executeTakeFirstOrThrow()
  return row.status
}

/** Cancels the run while its attempt is lost, so that its undoing waits for a person. */
async function getStuckInUndoing(): Promise<void> {
  const registry = withStep('unknown')
  const dependencies = { db: database.db, registry, logger: pino({ level: 'silent' }) }
  await createJournalActivities(dependencies)['record-ending']({ runId, status: 'cancelling' })
  const undo = new MockActivityEnvironment().run(() => undoStep(dependencies, { runId, step }))
  await expect(undo).rejects.toMatchObject({ type: 'undo_outcome_unknown' })
}

/** Records the step as stuck, as a run does when a worker sends no heartbeat. */
function recordAttention() {
  const { db } = database
  const activities = createJournalActivities({ db, registry: withStep(), logger: pino({ level: 'silent' }) })
  const failure = {
    code: 'step_timed_out',
    class: 'retryable',
    message: 'Late.',
    nextAction: 'Wait.',
    retry: 'as_is',
  } as const
  return activities['record-attention']({ runId, stepId: 'call', failure })
}

const called = { output: { id: '1' } }

test('a done step stays done for a worker that does not have the step', async () => {
  const first = attempt()
  await untilCalls(1)
  calls[0]?.resolve(called)
  await first
  await attempt(createRegistry([]))
  expect(await status()).toBe('done')
})

test('an attempt that fails after another attempt has done the step succeeds', async () => {
  const first = attempt()
  await untilCalls(1)
  const second = attempt()
  await untilCalls(2)
  calls[1]?.resolve(called)
  await second
  calls[0]?.reject(new Error('too late'))
  await first
  expect(await status()).toBe('done')
})

test('an attempt that was superseded does not record the step as done', async () => {
  const first = attempt()
  await untilCalls(1)
  const second = attempt()
  await untilCalls(2)
  calls[0]?.resolve(called)
  await expect(first).rejects.toMatchObject({ type: 'attempt_superseded', nonRetryable: false })
  expect(await status()).toBe('running')
  calls[1]?.resolve(called)
  await second
})

test('a failure of an attempt that was superseded is not recorded by the attempt', async () => {
  const first = attempt()
  await untilCalls(1)
  const second = attempt()
  await untilCalls(2)
  calls[0]?.reject(new Error('gone'))
  await expect(first).rejects.toMatchObject({ details: [{ recorded: false }] })
  calls[1]?.resolve(called)
  await second
})

test('a done step is not recorded as stuck when its answer was lost', async () => {
  const first = attempt()
  await untilCalls(1)
  calls[0]?.resolve(called)
  await first
  expect(await recordAttention()).toEqual({ outcome: 'finished', attempts: 1 })
  expect(await status()).toBe('done')
})

test('an attempt that ends after its step got stuck leaves the decision to the person', async () => {
  const first = attempt()
  await untilCalls(1)
  expect(await recordAttention()).toEqual({ outcome: 'recorded', attempts: 1 })
  calls[0]?.resolve(called)
  await expect(first).rejects.toMatchObject({ type: 'attempt_superseded' })
  expect(await status()).toBe('needs_attention')
})

test('an attempt that begins after its step got stuck makes no call', async () => {
  const first = attempt()
  await untilCalls(1)
  await recordAttention()
  const waits = { code: 'step_timed_out', recorded: true }
  await expect(attempt()).rejects.toMatchObject({ nonRetryable: true, details: [waits] })
  expect(calls).toHaveLength(1)
  calls[0]?.reject(new Error('gone'))
  await expect(first).rejects.toThrow()
})

test.each<[string, (call: PromiseWithResolvers<Result>) => void]>([
  ['succeeds', (call) => call.resolve(called)],
  ['fails', (call) => call.reject(new Error('gone'))],
])('an attempt that %s after its run was cancelled changes nothing', async (_, end) => {
  const first = attempt()
  await untilCalls(1)
  await database.db.updateTable('runs').set({ status: 'cancelled' }).execute()
  for (const call of calls) end(call)
  await expect(first).rejects.toThrow()
  const run = await database.db.selectFrom('runs').select('status').executeTakeFirstOrThrow()
  expect([run.status, await status()]).toEqual(['cancelled', 'running'])
})

test.each<[string, (call: PromiseWithResolvers<Result>) => void]>([
  ['succeeds', (call) => call.resolve(called)],
  ['fails', (call) => call.reject(new Error('gone'))],
])('an attempt that %s while its undoing is stuck leaves the decision to the person', async (_, end) => {
  const first = attempt()
  await untilCalls(1)
  await getStuckInUndoing()
  for (const call of calls) end(call)
  await expect(first).rejects.toThrow()
  const entry = await database.db.selectFrom('step_runs').selectAll().executeTakeFirstOrThrow()
  expect([entry.status, entry.output, entry.error?.code]).toEqual([
    ...['needs_attention', null, 'undo_outcome_unknown'],
  ])
})
