import { pino } from 'pino'
import { afterEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { createOrganization } from '../../../plugins/accounts/create-organization.ts'
import { definePlugin, defineStep, type Plugin, StepError } from '../../../plugins/plugin-contract.ts'
import { type Progress, progressQuery, workflowIdOf } from '../../../workflows/contract.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { type EngineApi, startApiFor } from '../../stack/api.ts'
import { type Engine, startEngine } from '../../stack/tenantry-command.ts'

// The API accepts a plan with a step of a plug-in, and a worker without it, or with another version of it, takes it up.
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

/** A plug-in with one step that notes what is done to it. */
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

/** A step that never goes well, so that its run is stuck. */
const audit = definePlugin({
  name: 'audit',
  steps: [
    defineStep({
      ...basics,
      id: 'audit',
      placement: 'external',
      execute: async () => {
        throw new StepError({ class: 'needs_input', code: 'no', message: 'No.', nextAction: 'Give up.' })
      },
    }),
  ],
})

const accept = async () => (await api.addAccount(anAccountBody(), { prefer: 'wait=0' })).body
const stepOf = async (id: string) => {
  const { steps } = (await api.send('GET', `/v1/onboardings/${id}`)).body
  return steps.find((step: { id: string }) => step.id === 'register-in-crm')
}
const codeOf = async (id: string) => (await stepOf(id)).error?.code
const handleOf = (id: string) => engine.client.workflow.getHandle(workflowIdOf({ kind: 'add-account', id }))

/** Waits until the worker of now has taken up the run, which takes a moment after another one. */
async function takenUp(id: string): Promise<void> {
  const isStuck = async () => {
    const { steps } = await handleOf(id).query<Progress>(progressQuery)
    return steps.some(({ status }) => status === 'needs_attention')
  }
  await expect.poll(isStuck).toBe(true)
}

async function decide(id: string, decision: 'retry' | 'cancel', body: object = {}): Promise<void> {
  await takenUp(id)
  expect((await api.send('POST', `/v1/onboardings/${id}/${decision}`, body)).status).toBe(202)
}

const retry = (id: string) => decide(id, 'retry', { step: 'register-in-crm' })

const missing = {
  code: 'step_missing',
  class: 'retryable',
  message: expect.stringContaining('version 1 of the step "register-in-crm"'),
  nextAction: expect.stringContaining('Start a worker whose plug-ins have the step'),
}

describe('a run whose plan names a step that its worker does not have', () => {
  test('is tried by the policy of the step, then waits and says so, and goes on with a worker that has it', async () => {
    const { plugin, calls } = crm()
    await startWith({ ofApi: [plugin], ofWorker: [] })
    const { id } = await accept()
    const stuck = await api.until(id, 'needs_attention')
    expect(stuck.steps.filter(({ status }) => status !== 'done')).toMatchObject([
      { id: 'register-in-crm', status: 'needs_attention', error: missing },
    ])
    expect((await stepOf(id)).attempts).toBeGreaterThan(1)
    const metadata = await handleOf(id).query<{ currentDetails: string }>('__temporal_workflow_metadata')
    expect(metadata.currentDetails).toContain('(`step_missing`)')
    expect(metadata.currentDetails).toContain('version 1 of the step "register-in-crm"')
    expect(log.filter(({ msg }) => msg === 'needs attention')).toMatchObject([
      { level: 50, runId: id, step: 'register-in-crm', code: 'step_missing', retry: 'as_is' },
    ])

    await engine.replaceWorker([plugin])
    await retry(id)
    await api.until(id, 'completed')
    expect(calls).toEqual(['execute'])
  })

  test('goes on by itself when a worker that has it takes a later attempt', async () => {
    const { plugin } = crm({ maximumAttempts: 100 })
    await startWith({ ofApi: [plugin], ofWorker: [] })
    const { id } = await accept()
    await expect.poll(() => codeOf(id)).toBe('step_missing')
    await engine.replaceWorker([plugin])
    await api.until(id, 'completed')
  })

  test('says so of a step of ours, too, and does all others', async () => {
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

  test('says so of another version of it', async () => {
    await startWith({ ofApi: [crm().plugin], ofWorker: [crm({ version: 2 }).plugin] })
    const { id } = await accept()
    await api.until(id, 'needs_attention')
    expect((await stepOf(id)).error).toMatchObject(missing)
  })

  test('can be cancelled without it, because it was never done', async () => {
    await startWith({ ofApi: [crm().plugin], ofWorker: [] })
    const { id } = await accept()
    await api.until(id, 'needs_attention')
    await decide(id, 'cancel')
    await api.until(id, 'cancelled')
  })

  test('waits with undoing it when it was done, and is cancelled by a worker that has it', async () => {
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

describe('a call whose outcome is unknown', () => {
  test('stays unknown while only workers without its step take it up', async () => {
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
