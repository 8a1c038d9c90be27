import { sql } from 'kysely'
import { pino } from 'pino'
import { beforeEach, describe, expect, test } from 'vitest'
import type { OnboardingView } from '../../../api/runs/onboarding-schemas.ts'
import { type ErrorClass, judgeRetry } from '../../../domain/errors/error-class.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { anError, failingSteps } from '../../builders/failing-steps.ts'
import { startEngineForFile } from '../../builders/engine-for-file.ts'
import { withTrigger } from '../../builders/trigger.ts'
import { currentDetailsOf, workflowOf } from './run-calls.ts'

// The result of each error class, for a step and for its undo, in the API, the Web UI and the log.
const log: Record<string, unknown>[] = []

const steps = failingSteps()
const logger = pino({}, { write: (line) => log.push(JSON.parse(line)) })
const { engine, api } = await startEngineForFile({ plugins: [steps.plugin], logger })
engine.mailbox.unknownRecipients.add('nobody@example.com')
beforeEach(() => {
  Object.assign(steps, { execute: [], undo: [], found: { outcome: 'absent' }, answer: 'done' })
  steps.calls.length = 0
})

const add = async (body = anAccountBody()): Promise<OnboardingView> => (await api.addAccount(body)).body
const stepOf = ({ steps: all }: OnboardingView, id = 'call-provider') => all.find((step) => step.id === id)
const read = async (id: string): Promise<OnboardingView> => (await api.get(`/v1/onboardings/${id}`)).body
const decide = (id: string, decision: string, body: object = {}) =>
  api.post(`/v1/onboardings/${id}/${decision}`, body)
const logged = (id: string, msg: string) =>
  log.filter((line) => line.runId === id && line.msg === msg && line.step === 'call-provider')

describe('A step that fails', () => {
  test('A retryable error is retried by the policy of the step, then needs attention, and a retry completes the run', async () => {
    steps.execute = Array.from({ length: 4 }, () => anError('retryable'))
    const stuck = await add()
    // One attempt as an inline step, then three by the retry policy.
    expect(stepOf(stuck)).toMatchObject({
      status: 'needs_attention',
      attempts: 4,
      error: { class: 'retryable', retry: 'as_is', nextAction: 'Ask the provider.' },
    })
    const details = () => currentDetailsOf(workflowOf(engine, stuck.id))
    await expect.poll(details).toContain('(`provider_retryable`) after 4 attempts: The provider said no.')
    expect(await details()).toContain('**Can a retry help?** Yes, when that is done.')
    expect(logged(stuck.id, 'attempt failed').map(({ attempts, level }) => [attempts, level])).toEqual([
      [1, 40],
      [2, 40],
      [3, 40],
    ])
    expect(logged(stuck.id, 'needs attention')).toEqual([
      expect.objectContaining({
        level: 50,
        doing: 'execute',
        attempts: 4,
        code: 'provider_retryable',
        errorClass: 'retryable',
        message: 'The provider said no.',
        nextAction: 'Ask the provider.',
        retry: 'as_is',
      }),
    ])
    expect((await decide(stuck.id, 'retry')).status).toBe(202)
    await api.until(stuck.id, 'completed')
  })

  test('An error of the class `needs_input` needs attention at once and names the fields to correct', async () => {
    steps.execute = [anError('needs_input', [{ pointer: '/company/name', message: 'Too long.' }])]
    const stuck = await add()
    expect(stepOf(stuck)).toMatchObject({
      attempts: 1,
      error: { retry: 'with_correction', fields: [{ pointer: '/company/name', message: 'Too long.' }] },
    })
    expect(await currentDetailsOf(workflowOf(engine, stuck.id))).toContain(
      `**Can a retry help?** Only with a corrected request. Send the correction through the API: \`POST /v1/onboardings/${stuck.id}/retry\``,
    )
    expect(logged(stuck.id, 'needs attention')).toMatchObject([{ attempts: 1, retry: 'with_correction' }])
    const { data } = await engine.db
      .selectFrom('run_events')
      .select('data')
      .where('run_id', '=', stuck.id)
      .where(sql<boolean>`data ->> 'status' = 'needs_attention' and data ->> 'step' = 'call-provider'`)
      .executeTakeFirstOrThrow()
    expect(data).toMatchObject({ attempts: 1, error: { retry: 'with_correction' } })
    await decide(stuck.id, 'cancel')
    await api.until(stuck.id, 'cancelled')
  })

  test('A terminal error needs attention at once, its retry is refused, and a cancel undoes the run', async () => {
    steps.execute = [anError('terminal')]
    const stuck = await add()
    expect(stepOf(stuck)).toMatchObject({ attempts: 1, error: { class: 'terminal', retry: 'refused' } })
    const details = await currentDetailsOf(workflowOf(engine, stuck.id))
    expect(details).toContain('**Can a retry help?** No. The step would fail in the same way.')
    expect(details).toContain('signal `cancel`')
    expect(details).not.toContain('signal `retry`')
    expect(await decide(stuck.id, 'retry')).toMatchObject({
      status: 409,
      body: {
        code: 'invalid_state',
        detail: expect.stringContaining('“Call the provider” with `provider_terminal`'),
        nextAction: expect.stringContaining('`/cancel`'),
      },
    })
    expect((await decide(stuck.id, 'cancel')).status).toBe(202)
    expect(stepOf(await api.until(stuck.id, 'cancelled'), 'create-organization')?.status).toBe('compensated')
    expect(steps.calls).toEqual(['execute'])
  })

  test('An unknown outcome needs attention at once and is looked up before the next call', async () => {
    steps.execute = [anError('unknown_outcome')]
    const stuck = await add()
    expect(stepOf(stuck)).toMatchObject({ attempts: 1, error: { class: 'unknown_outcome', retry: 'as_is' } })
    steps.found = { outcome: 'happened', result: { output: { answer: 'done' } } }
    expect((await decide(stuck.id, 'retry')).status).toBe(202)
    await api.until(stuck.id, 'completed')
    expect(steps.calls).toEqual(['execute', 'lookup'])
  })

  test('An invalid output is an unknown outcome and is looked up before the next call', async () => {
    steps.answer = 'nonsense'
    const stuck = await add()
    expect(stepOf(stuck)).toMatchObject({
      attempts: 1,
      error: { code: 'invalid_call_result', class: 'unknown_outcome', retry: 'as_is' },
    })
    steps.found = { outcome: 'happened', result: { output: { answer: 'done' } } }
    expect((await decide(stuck.id, 'retry')).status).toBe(202)
    await api.until(stuck.id, 'completed')
    expect(steps.calls).toEqual(['execute', 'lookup'])
  })

  test('A failure that the step journal refuses to record needs attention, and the workflow records it', async () => {
    steps.execute = [anError('needs_input'), anError('needs_input')]
    await sql.raw('create sequence refusals').execute(engine.db)
    const stuck = await withTrigger(engine.db, refuseTwice, () => add())
    expect(stepOf(stuck)).toMatchObject({ status: 'needs_attention', error: { retry: 'as_is' } })
    expect(logged(stuck.id, 'attempt failed').map(({ fate }) => fate)).toEqual(['unrecorded', 'unrecorded'])
    expect(logged(stuck.id, 'needs attention')).toMatchObject([{ level: 50, code: 'provider_needs_input' }])
    await expect
      .poll(() => currentDetailsOf(workflowOf(engine, stuck.id)))
      .toContain(`after ${stepOf(stuck)?.attempts} attempt`)
  })
})

// The step journal refuses the failure twice: once as an inline step, and once as an activity.
const refuseTwice = {
  on: 'before insert',
  table: 'step_runs',
  when: "new.status = 'needs_attention'",
  body: "if nextval('refusals') <= 2 then raise exception 'refused'; end if",
} as const

test('A run whose first step refuses the request is closed as failed and takes no decision', async () => {
  const partner = (await add(anAccountBody({ type: 'partner' }))).organizationId
  const suspendParent = {
    on: 'after insert',
    table: 'runs',
    body: "update organizations set status = 'suspended' where id = new.parent_id",
  } as const
  const { body } = await withTrigger(engine.db, suspendParent, () =>
    api.post(`/v1/organizations/${partner}/accounts`, anAccountBody(), { prefer: 'wait=20' }),
  )
  expect(body).toMatchObject({ status: 'failed', organizationId: null })
  const error = { code: 'parent_not_active', retry: 'refused' }
  expect(stepOf(body, 'validate-account')?.error).toMatchObject(error)
  for (const decision of ['retry', 'cancel']) expect((await decide(body.id, decision)).status).toBe(409)
  const line = () => log.find(({ runId, fate }) => runId === body.id && fate === 'refused')
  await expect.poll(line).toMatchObject({ level: 40, code: 'parent_not_active', step: 'validate-account' })
})

describe('An undo that fails', () => {
  test.each<[ErrorClass, number]>([
    ['retryable', 3],
    ['needs_input', 1],
    ['terminal', 1],
    ['unknown_outcome', 1],
  ])(
    'A failed undo of the class %s needs attention, and a retry undoes the step',
    async (errorClass, attempts) => {
      const stuck = await add(anAccountBody({ email: 'nobody@example.com' }))
      await expect.poll(async () => stepOf(await read(stuck.id))?.status).toBe('done')
      steps.undo = Array.from({ length: attempts }, () =>
        anError(errorClass, [{ pointer: '/plan', message: 'No.' }]),
      )
      expect((await decide(stuck.id, 'cancel')).status).toBe(202)
      const waiting = await api.until(stuck.id, 'needs_attention')
      expect(stepOf(waiting)).toMatchObject({
        status: 'needs_attention',
        error: { code: `provider_${errorClass}`, class: errorClass, retry: 'as_is' },
      })
      expect(await currentDetailsOf(workflowOf(engine, stuck.id))).toContain(
        '**Can a retry help?** Yes, when that is done.',
      )
      expect(logged(stuck.id, 'needs attention')).toMatchObject([
        { doing: 'undo', retry: 'as_is', errorClass },
      ])
      expect((await decide(stuck.id, 'retry', { step: 'call-provider' })).status).toBe(202)
      const undone = await api.until(stuck.id, 'cancelled')
      expect(stepOf(undone)?.status).toBe('compensated')
      // The step that was stuck at the cancel needs no decision any more.
      expect(await currentDetailsOf(workflowOf(engine, stuck.id))).not.toContain('Stuck at')
      // The journal is ahead of the workflow for a moment.
      const attributes = async () => (await workflowOf(engine, stuck.id).describe()).searchAttributes
      await expect.poll(attributes).toMatchObject({ RunStatus: ['cancelled'] })
      expect((await attributes()).ErrorCode).toBeUndefined()
    },
  )
})

test('The log contains no personal data', () => {
  expect(log.length).toBeGreaterThan(0)
  expect(JSON.stringify(log)).not.toMatch(/Ada|nobody@example|Northwind/)
})

test.each(['correctable', 'fixed', 'undo'] as const)(
  'Each error class decides whether a retry can help: %s',
  (during) => {
    const fields = [{ pointer: '/user/email', message: 'Taken.' }]
    const expected = {
      correctable: ['as_is', 'as_is', 'with_correction', 'refused', 'as_is'],
      fixed: ['as_is', 'as_is', 'as_is', 'refused', 'as_is'],
      undo: ['as_is', 'as_is', 'as_is', 'as_is', 'as_is'],
    }
    const judged = [
      judgeRetry({ class: 'retryable' }, during),
      judgeRetry({ class: 'needs_input' }, during),
      judgeRetry({ class: 'needs_input', fields }, during),
      judgeRetry({ class: 'terminal', fields }, during),
      judgeRetry({ class: 'unknown_outcome' }, during),
    ]
    expect(judged).toEqual(expected[during])
  },
)
