import { MockActivityEnvironment } from '@temporalio/testing'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { createBookkeeping } from '../../../activities/steps/journal-activities.ts'
import { runStep } from '../../../activities/steps/run-step.ts'
import { undoStep } from '../../../activities/steps/undo-step.ts'
import { acceptRun } from '../../../domain/runs/accept-run.ts'
import { ensureBootstrapKey, findCaller, generateApiKey } from '../../../domain/access/api-keys.ts'
import { definePlugin, defineStep, type StepResult } from '../../../plugins/plugin-contract.ts'
import { createRegistry, type Registry } from '../../../plugins/registry.ts'
import { plannedStep } from '../../builders/planned-step.ts'
import { freshDatabase, type TestDatabase } from '../../stack/database.ts'

const step = plannedStep('call', { retry: { ...plannedStep('call').retry, maximumAttempts: 1 } })
type Result = StepResult<{ id: string }>

let database: TestDatabase
let runId: string
/** Every call under way, in the order in which they began. */
let calls: PromiseWithResolvers<Result>[]

beforeEach(async () => {
  database = await freshDatabase()
  const key = generateApiKey()
  await ensureBootstrapKey(database.db, key)
  const caller = await findCaller(database.db, key)
  const accepted = await acceptRun(database.db, {
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

/** One attempt, as a worker makes it. */
function attempt(registry: Registry = withStep()): Promise<unknown> {
  const dependencies = { db: database.db, registry, logger: pino({ level: 'silent' }) }
  return new MockActivityEnvironment({ isLocal: false, attempt: 1 }).run(() =>
    runStep(dependencies, { runId, step }),
  )
}

function withStep(outcome: 'absent' | 'unknown' = 'absent'): Registry {
  const call = defineStep({
    id: 'call',
    version: 1,
    title: 'Call',
    placement: 'external',
    input: z.object({}),
    output: z.object({ id: z.string() }),
    undo: 'undo',
    preview: () => ({ summary: 'Call somebody.' }),
    async execute() {
      const under = Promise.withResolvers<Result>()
      calls.push(under)
      return under.promise
    },
    lookup: async () => ({ outcome }),
    compensate: async () => undefined,
  })
  return createRegistry([definePlugin({ name: 'caller', steps: [call] })])
}

async function begun(count: number): Promise<void> {
  await expect.poll(() => calls, { timeout: 10_000 }).toHaveLength(count)
}

async function status(): Promise<string> {
  const row = await database.db.selectFrom('step_runs').select('status').executeTakeFirstOrThrow()
  return row.status
}

/** As a run does that is cancelled while it does not hear of its attempt any more. */
async function getStuckInUndoing(): Promise<void> {
  const registry = withStep('unknown')
  const dependencies = { db: database.db, registry, logger: pino({ level: 'silent' }) }
  await createBookkeeping(dependencies)['record-ending']({ runId, status: 'cancelling' })
  const undo = new MockActivityEnvironment().run(() => undoStep(dependencies, { runId, step }))
  await expect(undo).rejects.toMatchObject({ type: 'undo_outcome_unknown' })
}

/** As a run does when a worker gave no sign of life any more. */
function sayThatItIsStuck() {
  const { db } = database
  const bookkeeping = createBookkeeping({ db, registry: withStep(), logger: pino({ level: 'silent' }) })
  const failure = {
    code: 'step_timed_out',
    class: 'retryable',
    message: 'Late.',
    nextAction: 'Wait.',
    retry: 'as_is',
  } as const
  return bookkeeping['record-attention']({ runId, stepId: 'call', failure })
}

const called = { output: { id: '1' } }

test('a step that is done is done also for a worker that does not have it any more', async () => {
  const first = attempt()
  await begun(1)
  calls[0]?.resolve(called)
  await first
  await attempt(createRegistry([]))
  expect(await status()).toBe('done')
})

test('an attempt that fails has not failed when another one has done the step meanwhile', async () => {
  const first = attempt()
  await begun(1)
  const second = attempt()
  await begun(2)
  calls[1]?.resolve(called)
  await second
  calls[0]?.reject(new Error('too late'))
  await first
  expect(await status()).toBe('done')
})

test('an attempt that a newer one has overtaken does not say that the step is done', async () => {
  const first = attempt()
  await begun(1)
  const second = attempt()
  await begun(2)
  calls[0]?.resolve(called)
  await expect(first).rejects.toMatchObject({ type: 'attempt_superseded', nonRetryable: false })
  expect(await status()).toBe('running')
  calls[1]?.resolve(called)
  await second
})

test('a failure of an attempt that was overtaken is left to the run to record', async () => {
  const first = attempt()
  await begun(1)
  const second = attempt()
  await begun(2)
  calls[0]?.reject(new Error('gone'))
  await expect(first).rejects.toMatchObject({ details: [{ recorded: false }] })
  calls[1]?.resolve(called)
  await second
})

test('a step that was done before its worker could say so is not stuck', async () => {
  const first = attempt()
  await begun(1)
  calls[0]?.resolve(called)
  await first
  expect(await sayThatItIsStuck()).toEqual({ outcome: 'finished', attempts: 1 })
  expect(await status()).toBe('done')
})

test('an attempt that was given up on does not decide instead of the person who is asked', async () => {
  const first = attempt()
  await begun(1)
  expect(await sayThatItIsStuck()).toEqual({ outcome: 'recorded', attempts: 1 })
  calls[0]?.resolve(called)
  await expect(first).rejects.toMatchObject({ type: 'attempt_superseded' })
  expect(await status()).toBe('needs_attention')
})

test('an attempt that begins late does nothing while a person is asked', async () => {
  const first = attempt()
  await begun(1)
  await sayThatItIsStuck()
  const waits = { code: 'step_timed_out', recorded: true }
  await expect(attempt()).rejects.toMatchObject({ nonRetryable: true, details: [waits] })
  expect(calls).toHaveLength(1)
  calls[0]?.reject(new Error('gone'))
  await expect(first).rejects.toThrow()
})

test.each<[string, (call: PromiseWithResolvers<Result>) => void]>([
  ['succeeds', (call) => call.resolve(called)],
  ['fails', (call) => call.reject(new Error('gone'))],
])('an attempt that %s after its run was cancelled leaves it cancelled', async (_, end) => {
  const first = attempt()
  await begun(1)
  await database.db.updateTable('runs').set({ status: 'cancelled' }).execute()
  for (const call of calls) end(call)
  await expect(first).rejects.toThrow()
  const run = await database.db.selectFrom('runs').select('status').executeTakeFirstOrThrow()
  expect([run.status, await status()]).toEqual(['cancelled', 'running'])
})

test.each<[string, (call: PromiseWithResolvers<Result>) => void]>([
  ['succeeds', (call) => call.resolve(called)],
  ['fails', (call) => call.reject(new Error('gone'))],
])(
  'an attempt that %s while a person is asked about undoing it leaves that to the person',
  async (_, end) => {
    const first = attempt()
    await begun(1)
    await getStuckInUndoing()
    for (const call of calls) end(call)
    await expect(first).rejects.toThrow()
    const { error, ...run } = await database.db.selectFrom('step_runs').selectAll().executeTakeFirstOrThrow()
    expect([run.status, run.output, error?.code]).toEqual(['needs_attention', null, 'undo_outcome_unknown'])
  },
)
