import { sql } from 'kysely'
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { OnboardingView } from '../../../api/runs/onboarding-schemas.ts'
import { type ErrorClass, judgeRetry } from '../../../domain/errors/error-class.ts'
import { workflowIdOf } from '../../../workflows/contract.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { anError, type FailingSteps, failingSteps } from '../../builders/failing-steps.ts'
import { type EngineApi, startApiFor } from '../../stack/api.ts'
import { type Engine, startEngine } from '../../stack/tenantry-command.ts'

// Where each class of error leads, when a step is carried out and when it is undone: in the API, the Web UI and the log.
let engine: Engine
let api: EngineApi
let steps: FailingSteps
const log: Record<string, unknown>[] = []

beforeAll(async () => {
  steps = failingSteps()
  const logger = pino({}, { write: (line) => log.push(JSON.parse(line)) })
  engine = await startEngine({ plugins: [steps.plugin], logger })
  engine.mailbox.unknownRecipients.add('nobody@example.com')
  api = await startApiFor(engine)
})
afterAll(async () => {
  await api.close()
  await engine.stop()
})
beforeEach(() => {
  Object.assign(steps, { execute: [], undo: [], found: { outcome: 'absent' }, answer: 'done' })
  steps.calls.length = 0
})

const add = async (body = anAccountBody()): Promise<OnboardingView> => (await api.addAccount(body)).body
const stepOf = ({ steps: all }: OnboardingView, id = 'call-provider') => all.find((step) => step.id === id)
const read = async (id: string): Promise<OnboardingView> =>
  (await api.send('GET', `/v1/onboardings/${id}`)).body
const decide = (id: string, decision: string, body: object = {}) =>
  api.send('POST', `/v1/onboardings/${id}/${decision}`, body)
const logged = (id: string, msg: string) =>
  log.filter((line) => line.runId === id && line.msg === msg && line.step === 'call-provider')

const handleOf = (id: string) => engine.client.workflow.getHandle(workflowIdOf({ kind: 'add-account', id }))

async function currentDetails(id: string): Promise<string> {
  const { currentDetails: details } = await handleOf(id).query<{ currentDetails: string }>(
    '__temporal_workflow_metadata',
  )
  return details
}

describe('a step that fails', () => {
  test('with a retryable error is tried by its policy, then waits, and goes on after a retry', async () => {
    steps.execute = Array.from({ length: 4 }, () => anError('retryable'))
    const stuck = await add()
    // Once in the workflow's own task, then three times by its policy.
    expect(stepOf(stuck)).toMatchObject({
      status: 'needs_attention',
      attempts: 4,
      error: { class: 'retryable', retry: 'as_is', nextAction: 'Ask the provider.' },
    })
    const details = await currentDetails(stuck.id)
    expect(details).toContain('(`provider_retryable`) after 4 attempts: The provider said no.')
    expect(details).toContain('**Can a retry help?** Yes, as it is, after that.')
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

  test('for want of input waits at once, and says which fields to correct', async () => {
    steps.execute = [anError('needs_input', [{ pointer: '/company/name', message: 'Too long.' }])]
    const stuck = await add()
    expect(stepOf(stuck)).toMatchObject({
      attempts: 1,
      error: { retry: 'with_correction', fields: [{ pointer: '/company/name', message: 'Too long.' }] },
    })
    expect(await currentDetails(stuck.id)).toContain(
      `**Can a retry help?** Yes, with the request corrected. That goes through the API: \`POST /v1/onboardings/${stuck.id}/retry\``,
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

  test('for good waits at once; a retry is refused, which says so, and cancelling is the way out', async () => {
    steps.execute = [anError('terminal')]
    const stuck = await add()
    expect(stepOf(stuck)).toMatchObject({ attempts: 1, error: { class: 'terminal', retry: 'refused' } })
    const details = await currentDetails(stuck.id)
    expect(details).toContain('**Can a retry help?** No: it would fail in the same way.')
    expect(details).toContain('Send a Signal: signal `cancel`')
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

  test('with an unknown outcome waits at once, and is looked up before it is called again', async () => {
    steps.execute = [anError('unknown_outcome')]
    const stuck = await add()
    expect(stepOf(stuck)).toMatchObject({ attempts: 1, error: { class: 'unknown_outcome', retry: 'as_is' } })
    steps.found = { outcome: 'happened', result: { output: { answer: 'done' } } }
    expect((await decide(stuck.id, 'retry')).status).toBe(202)
    await api.until(stuck.id, 'completed')
    expect(steps.calls).toEqual(['execute', 'lookup'])
  })

  test('to answer what it declares may have had its effect, and is looked up before it is called again', async () => {
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

  test('in the ledger as well waits all the same, and the run says so in its place', async () => {
    steps.execute = [anError('needs_input'), anError('needs_input')]
    await engine.db.transaction().execute(async (transaction) => {
      for (const statement of refuseTwice) await sql.raw(statement).execute(transaction)
    })
    const stuck = await add()
    await sql.raw('drop trigger refuse_twice on step_runs').execute(engine.db)
    expect(stepOf(stuck)).toMatchObject({ status: 'needs_attention', error: { retry: 'as_is' } })
    expect(logged(stuck.id, 'attempt failed').map(({ fate }) => fate)).toEqual(['unrecorded', 'unrecorded'])
    expect(logged(stuck.id, 'needs attention')).toMatchObject([{ level: 50, code: 'provider_needs_input' }])
    await expect.poll(() => currentDetails(stuck.id)).toContain(`after ${stepOf(stuck)?.attempts} attempt`)
  })
})

// The ledger refuses what the step itself has to say twice: once in the workflow's own task, once as an activity.
const refuseTwice = [
  'create sequence refusals',
  `create function refuse_twice() returns trigger language plpgsql as $$ begin
    if nextval('refusals') <= 2 then raise exception 'refused'; end if;
    return new; end $$`,
  `create trigger refuse_twice before insert on step_runs for each row
    when (new.status = 'needs_attention') execute function refuse_twice()`,
]

test('a request that its first step refuses is closed as failed, with nothing done and nothing to decide', async () => {
  const partner = (await add(anAccountBody({ type: 'partner' }))).organizationId
  await sql
    .raw(`
    create function suspend_parent() returns trigger language plpgsql as $$ begin
      update organizations set status = 'suspended' where id = new.parent_id;
      return new; end $$;
    create trigger suspend_parent after insert on runs for each row
      when (new.parent_id = '${partner}') execute function suspend_parent()`)
    .execute(engine.db)
  const { body } = await api.send('POST', `/v1/organizations/${partner}/accounts`, anAccountBody(), {
    prefer: 'wait=20',
  })
  expect(body).toMatchObject({ status: 'failed', organizationId: null })
  expect(stepOf(body, 'validate-account')?.error).toMatchObject({
    code: 'parent_not_active',
    retry: 'refused',
  })
  expect([(await decide(body.id, 'retry')).status, (await decide(body.id, 'cancel')).status]).toEqual([
    409, 409,
  ])
  const line = () => log.find(({ runId, fate }) => runId === body.id && fate === 'refused')
  await expect.poll(line).toMatchObject({ level: 40, code: 'parent_not_active', step: 'validate-account' })
})

describe('undoing a step that fails', () => {
  test.each<[ErrorClass, number]>([
    ['retryable', 3],
    ['needs_input', 1],
    ['terminal', 1],
    ['unknown_outcome', 1],
  ])('with the class %s waits for a person, whose retry undoes it', async (errorClass, attempts) => {
    const user = { fullName: 'Ada', email: 'nobody@example.com' }
    const stuck = await add(anAccountBody({ user }))
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
    expect(await currentDetails(stuck.id)).toContain('**Can a retry help?** Yes, as it is, after that.')
    expect(logged(stuck.id, 'needs attention')).toMatchObject([{ doing: 'undo', retry: 'as_is', errorClass }])
    expect((await decide(stuck.id, 'retry', { step: 'call-provider' })).status).toBe(202)
    const undone = await api.until(stuck.id, 'cancelled')
    expect(stepOf(undone)?.status).toBe('compensated')
    // It was cancelled while its last step was stuck, which nobody decides on any more.
    expect(await currentDetails(stuck.id)).not.toContain('Stuck at')
    const { searchAttributes } = await handleOf(stuck.id).describe()
    expect(searchAttributes).toMatchObject({ RunStatus: ['cancelled'] })
    expect(searchAttributes.ErrorCode).toBeUndefined()
  })
})

test('the log names nobody', () => {
  expect(log.length).toBeGreaterThan(0)
  expect(JSON.stringify(log)).not.toMatch(/Ada|nobody@example|Northwind/)
})

test.each(['correctable', 'fixed', 'undo'] as const)('each class has its verdict: %s', (during) => {
  const fields = [{ pointer: '/user/email', message: 'Taken.' }]
  const verdicts = {
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
  expect(judged).toEqual(verdicts[during])
})
