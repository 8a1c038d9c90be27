import { pino } from 'pino'
import { afterEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { createOrganization } from '../../../plugins/accounts/create-organization.ts'
import { definePlugin, defineStep, type Plugin, StepError } from '../../../plugins/plugin-contract.ts'
import { type Progress, progressQuery } from '../../../workflows/contract.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { type EngineApi, startApiFor } from '../../stack/api.ts'
import { type Engine, startEngine } from '../../stack/engine.ts'
import { currentDetailsOf, workflowOf } from '../runs/run-calls.ts'

// Runs with a step that the API has, and that the worker does not have or has in another version.
let engine: Engine
let api: EngineApi
const log: Record<string, unknown>[] = []

afterEach(async () => {
  await api.close()
  await engine.stop()
})

async function startWith(plugins: { ofApi: Plugin[]; ofWorker: Plugin[] }): Promise<void> {
  log.length = 0
  const logger = pino({}, { write: (line) => log.push(JSON.parse(line)) })
  engine = await startEngine({ plugins: plugins.ofApi, workerPlugins: plugins.ofWorker, logger })
  api = await startApiFor(engine)
}

const basics = {
  version: 1,
  title: 'Register in the CRM',
  needs: [createOrganization],
  input: z.object({}),
  output: z.object({ crmId: z.string() }),
  undo: 'undo',
  preview: () => ({ summary: 'Register the account in the CRM.' }),
} as const
const registered = { output: { crmId: 'crm-1' } }

/** Makes a plug-in with one step that records its calls. */
function crm(
  options: {
    placement?: 'external' | 'transactional'
    version?: number
    maximumAttempts?: number
    fail?: () => void
  } = {},
): { plugin: Plugin; calls: string[] } {
  const calls: string[] = []
  const execute = async () => {
    calls.push('execute')
    options.fail?.()
    return registered
  }
  const compensate = async () => void calls.push('compensate')
  const placement = options.placement ?? 'external'
  const { version = 1, maximumAttempts = 2 } = options
  const policy = { initialInterval: 50, backoffCoefficient: 1, maximumAttempts }
  const step = defineStep({
    ...basics,
    id: 'register-in-crm',
    version,
    placement,
    retry: policy,
    execute,
    compensate,
  })
  return { plugin: definePlugin({ name: 'crm', steps: [step] }), calls }
}

/** A step that always needs input, so that its run gets stuck. */
const audit = definePlugin({
  name: 'audit',
  steps: [
    defineStep({
      ...basics,
      id: 'audit',
      placement: 'external',
      undo: 'keep',
      execute: async () => {
        throw new StepError({ class: 'needs_input', code: 'no', message: 'No.', nextAction: 'Give up.' })
      },
    }),
  ],
})

const accept = async () => (await api.addAccount(anAccountBody(), { prefer: 'wait=0' })).body
const stepOf = async (id: string) => {
  const { steps } = (await api.get(`/v1/onboardings/${id}`)).body
  return steps.find((step: { id: string }) => step.id === 'register-in-crm')
}
const codeOf = async (id: string) => (await stepOf(id)).error?.code

/** Waits until the current worker runs the workflow. After a change of workers that takes a moment. */
async function untilTakenUp(id: string): Promise<void> {
  const isStuck = async () => {
    const { steps } = await workflowOf(engine, id).query<Progress>(progressQuery)
    return steps.some(({ status }) => status === 'needs_attention')
  }
  await expect.poll(isStuck).toBe(true)
}

async function decide(id: string, decision: 'retry' | 'cancel', body: object = {}): Promise<void> {
  await untilTakenUp(id)
  expect((await api.post(`/v1/onboardings/${id}/${decision}`, body)).status).toBe(202)
}

const retry = (id: string) => decide(id, 'retry', { step: 'register-in-crm' })

const missing = {
  code: 'step_missing',
  class: 'retryable',
  message: expect.stringContaining('version 1 of the step "register-in-crm"'),
  nextAction: expect.stringContaining('Start a worker whose plug-ins have the step'),
}

describe('A run with a step that its worker does not have', () => {
  test('A missing step is retried by its policy, then needs attention, and is done by a worker that has it', async () => {
    const { plugin, calls } = crm()
    await startWith({ ofApi: [plugin], ofWorker: [] })
    const { id } = await accept()
    const stuck = await api.until(id, 'needs_attention')
    expect(stuck.steps.filter(({ status }) => status !== 'done')).toMatchObject([
      { id: 'register-in-crm', status: 'needs_attention', error: missing },
    ])
    expect((await stepOf(id)).attempts).toBeGreaterThan(1)
    const details = await currentDetailsOf(workflowOf(engine, id))
    expect(details).toContain('(`step_missing`)')
    expect(details).toContain('version 1 of the step "register-in-crm"')
    expect(log.filter(({ msg }) => msg === 'needs attention')).toMatchObject([
      { level: 50, runId: id, step: 'register-in-crm', code: 'step_missing', retry: 'as_is' },
    ])

    await engine.replaceWorker([plugin])
    await retry(id)
    await api.until(id, 'completed')
    expect(calls).toEqual(['execute'])
  })

  test('A run goes on without a decision when a worker that has the step takes a later attempt', async () => {
    const { plugin } = crm({ maximumAttempts: 100 })
    await startWith({ ofApi: [plugin], ofWorker: [] })
    const { id } = await accept()
    await expect.poll(() => codeOf(id)).toBe('step_missing')
    await engine.replaceWorker([plugin])
    await api.until(id, 'completed')
  })

  test('A missing transactional step needs attention while all other steps are done', async () => {
    const { plugin, calls } = crm({ placement: 'transactional' })
    await startWith({ ofApi: [plugin], ofWorker: [] })
    const { id } = await accept()
    const stuck = await api.until(id, 'needs_attention')
    expect(stuck.steps.filter(({ status }) => status !== 'done')).toMatchObject([
      { id: 'register-in-crm', status: 'needs_attention', error: missing },
    ])
    await engine.replaceWorker([plugin])
    await retry(id)
    await api.until(id, 'completed')
    expect(calls).toEqual(['execute'])
  })

  test('A step that the worker has in another version needs attention as missing', async () => {
    await startWith({ ofApi: [crm().plugin], ofWorker: [crm({ version: 2 }).plugin] })
    const { id } = await accept()
    await api.until(id, 'needs_attention')
    expect((await stepOf(id)).error).toMatchObject(missing)
  })

  test('A run whose missing step was never done can be cancelled without that step', async () => {
    await startWith({ ofApi: [crm().plugin], ofWorker: [] })
    const { id } = await accept()
    await api.until(id, 'needs_attention')
    await decide(id, 'cancel')
    await api.until(id, 'cancelled')
  })

  test('A done step that is missing at the undo needs attention until a worker that has it undoes it', async () => {
    const { plugin, calls } = crm()
    await startWith({ ofApi: [plugin, audit], ofWorker: [plugin, audit] })
    const { id } = await accept()
    await api.until(id, 'needs_attention')
    await expect.poll(async () => (await stepOf(id)).status).toBe('done')
    await engine.replaceWorker([audit])
    await decide(id, 'cancel')
    await expect.poll(async () => (await stepOf(id)).status).toBe('needs_attention')
    expect((await stepOf(id)).error).toMatchObject(missing)

    await engine.replaceWorker([plugin, audit])
    await retry(id)
    await api.until(id, 'cancelled')
    expect(calls).toEqual(['execute', 'compensate'])
  })
})

describe('A call with an unknown outcome', () => {
  test('An unknown outcome stays unknown while no worker has the step', async () => {
    const lost = { class: 'unknown_outcome', code: 'lost', message: 'Lost.', nextAction: 'Look.' } as const
    const fails = [true]
    const { plugin, calls } = crm({
      fail: () => {
        if (fails.pop() === true) throw new StepError(lost)
      },
    })
    await startWith({ ofApi: [plugin], ofWorker: [plugin] })
    const { id } = await accept()
    await expect.poll(() => codeOf(id)).toBe('lost')
    await engine.replaceWorker([])
    await retry(id)
    await expect.poll(() => codeOf(id)).toBe('step_missing')
    await api.until(id, 'needs_attention')

    await engine.replaceWorker([plugin])
    await retry(id)
    await expect.poll(() => codeOf(id)).toBe('outcome_unknown')
    expect(calls).toEqual(['execute'])
    await retry(id)
    await api.until(id, 'completed')
    expect(calls).toEqual(['execute', 'execute'])
  })
})
