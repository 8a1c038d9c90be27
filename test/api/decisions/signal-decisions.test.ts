import { execa } from 'execa'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import type { OnboardingView } from '../../../api/runs/onboarding-schemas.ts'
import { type Progress, progressQuery, workflowIdOf } from '../../../workflows/contract.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { type EngineApi, startApiFor } from '../../stack/api.ts'
import { stubborn, stubbornStep } from '../../stack/stubborn-step.ts'
import { type Engine, startEngine } from '../../stack/tenantry-command.ts'

// What somebody decides who has only the Temporal Web UI, or the temporal command.
const crm = stubborn()
let engine: Engine
let api: EngineApi

beforeAll(async () => {
  engine = await startEngine({ plugins: [crm.plugin] })
  api = await startApiFor(engine)
  engine.mailbox.unknownRecipients.add('nobody@example.com')
})
afterAll(async () => {
  await api.close()
  await engine.stop()
})
beforeEach(() => {
  crm.doing = 'works'
})

const handleOf = (id: string) => engine.client.workflow.getHandle(workflowIdOf({ kind: 'add-account', id }))
const decisionsOn = async (id: string) =>
  (await api.send('GET', `/v1/onboardings/${id}/decisions`)).body.items

/** An onboarding that is stuck at telling its user. */
async function stuckAtMail(): Promise<OnboardingView> {
  const user = { fullName: 'Ada', email: `nobody@example.com` }
  await engine.db.deleteFrom('users').where('email', '=', user.email).execute()
  const { body } = await api.addAccount(anAccountBody({ user }))
  return takenUp(body)
}

/** Waits until the run knows what the ledger knows: a signal that comes earlier decides nothing. */
async function takenUp(stuck: OnboardingView): Promise<OnboardingView> {
  const status = async () => (await handleOf(stuck.id).query<Progress>(progressQuery)).status
  await expect.poll(status).toBe('needs_attention')
  return stuck
}

async function currentDetails(id: string): Promise<string> {
  const metadata = await handleOf(id).query<{ currentDetails: string }>('__temporal_workflow_metadata')
  return metadata.currentDetails
}

/** Whether a task of the run's workflow ever failed. */
async function failedTasks(id: string): Promise<number> {
  const { events } = await handleOf(id).fetchHistory()
  return (events ?? []).filter((event) => event.workflowTaskFailedEventAttributes).length
}

/** The `temporal` command, as a person types it. */
async function temporal(...args: string[]): Promise<string> {
  const { stdout } = await execa(inject('temporalCliPath'), [
    ...args,
    ...['--address', inject('temporalAddress'), '--namespace', 'default'],
  ])
  return stdout
}

describe('a signal that decides nothing', () => {
  test.each<[string, unknown[], string]>([
    ['skip', [], 'A skip must name a step'],
    ['skip', [{}], 'A skip must name a step'],
    ['skip', [null], 'A skip must name a step'],
    ['skip', ['notify-user'], 'A skip must give a reason'],
    ['skip', [{ step: 'create-user', reason: 'why' }], 'Step create-user does not need attention'],
    ['skip', [['notify-user']], 'The payload is not valid'],
    ['retry', [{ stpe: 'notify-user' }], 'The field "stpe" of the payload is not valid'],
    ['retry', [{ step: '' }], 'The field "step" of the payload is not valid'],
    ['retry', [{ step: null }], 'The field "step" of the payload is not valid'],
    ['retry', [{ step: 7 }], 'The field "step" of the payload is not valid'],
    [
      'retry',
      [{ step: 'notify-user', reason: 'a\u0000b' }],
      'The field "reason" of the payload is not valid',
    ],
    ['retry', [{ step: 'notify-user', input: { user: {} } }], 'A correction holds personal data'],
    ['retry', [42], 'The payload is not valid'],
    ['retry', ['make-coffee'], 'Step make-coffee does not need attention'],
    ['cancel', ['notify-user'], 'A cancel ends the whole run'],
    ['cancel', [{ undo: { 'create-user': 'perhaps' } }], 'The field "undo" of the payload is not valid'],
    ['rety', [], 'The signal does not exist. The signals are retry, skip, cancel.'],
  ])('%s with %j fails nothing, and says why', async (name, payload, why) => {
    const { id } = (shared ??= await stuckAtMail())
    await handleOf(id).signal(name, ...payload)
    await expect
      .poll(() => currentDetails(id))
      .toMatch(new RegExp(`The last signal \`${name}\` was not taken:\\*\\* ${escaped(why)}`))
    expect(await failedTasks(id)).toBe(0)
    expect(await decisionsOn(id)).toEqual([])
    expect((await api.until(id, 'needs_attention')).status).toBe('needs_attention')
  })
  let shared: OnboardingView | undefined

  test.each([
    ['json/protobuf', '{"step":"notify-user"}'],
    ['json/plain', '{"step":'],
    ['binary/plain', 'notify-user'],
    ['of/our/own', ''],
  ])('may be encoded as %s, with %j', async (encoding, data) => {
    const { id } = (shared ??= await stuckAtMail())
    await handleOf(id).signal('skip')
    await expect.poll(() => currentDetails(id)).toContain('A skip must name a step')
    const payload = { metadata: { encoding: Buffer.from(encoding) }, data: Buffer.from(data) }
    await engine.client.workflowService.signalWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId: workflowIdOf({ kind: 'add-account', id }) },
      signalName: 'retry',
      input: { payloads: [payload] },
    })
    await expect.poll(() => currentDetails(id)).toContain('The payload is not valid')
    expect(await failedTasks(id)).toBe(0)
    expect(await decisionsOn(id)).toEqual([])
  })

  test('is forgotten with the next one that does', async () => {
    const { id } = (shared ??= await stuckAtMail())
    await handleOf(id).signal('skip')
    await expect.poll(() => currentDetails(id)).toContain('was not taken')
    await handleOf(id).signal('skip', { step: 'notify-user', reason: 'Told by phone.', actor: null })
    await api.until(id, 'completed')
    expect(await currentDetails(id)).not.toContain('was not taken')
  })
})

describe('a signal that decides', () => {
  test.each<[string, unknown[]]>([
    ['nothing at all', []],
    ['an empty object', [{}]],
    ['null', [null]],
    ['the name of the step', ['register-in-crm']],
    ['the step and who, and why', [{ step: stubbornStep, reason: 'mended', actor: 'grace' }]],
  ])('may be a retry with %s', async (_, payload) => {
    crm.doing = 'refuses'
    const { id } = await takenUp((await api.addAccount(anAccountBody())).body)
    crm.doing = 'works'
    await handleOf(id).signal('retry', ...payload)
    await api.until(id, 'completed')
    expect(await decisionsOn(id)).toMatchObject([{ action: 'retry', source: 'signal', outcome: 'taken' }])
  })

  test('that names a step leaves the others that are stuck alone', async () => {
    crm.doing = 'refuses'
    const user = { fullName: 'Ada', email: `nobody@example.com` }
    await engine.db.deleteFrom('users').where('email', '=', user.email).execute()
    const { id } = await takenUp((await api.addAccount(anAccountBody({ user }))).body)
    const waits = async () =>
      (await handleOf(id).query<Progress>(progressQuery)).steps
        .filter(({ status }) => status === 'needs_attention')
        .map((step) => step.id)
    await expect.poll(waits).toEqual(['notify-user', stubbornStep])
    engine.mailbox.unknownRecipients.delete(user.email)
    crm.doing = 'works'
    await handleOf(id).signal('retry', stubbornStep)
    await expect.poll(waits).toEqual(['notify-user'])
    engine.mailbox.unknownRecipients.add(user.email)
    await handleOf(id).signal('skip', { step: 'notify-user', reason: 'Told.' })
    await api.until(id, 'completed')
  })
})

describe('in batch, from the temporal command', () => {
  test('all that a query finds are retried with what a person can type', async () => {
    crm.doing = 'refuses'
    const stuck = await Promise.all(
      [1, 2, 3].map(async () => takenUp((await api.addAccount(anAccountBody())).body)),
    )
    const query = `TaskQueue = "${engine.taskQueue}" and ErrorCode = "crm_refused"`
    const count = async () => temporal('workflow', 'count', '--query', query)
    await expect.poll(count).toContain('3')
    crm.doing = 'works'
    const payload = JSON.stringify({ step: stubbornStep, reason: 'The CRM is back.', actor: 'grace' })
    await temporal(
      ...['workflow', 'signal', '--query', query, '--name', 'retry', '--input', payload],
      ...['--reason', 'The CRM is back.', '--yes'],
    )
    for (const { id } of stuck) {
      await api.until(id, 'completed')
      expect(await decisionsOn(id)).toMatchObject([
        { action: 'retry', step: stubbornStep, source: 'signal', actor: 'grace', reason: 'The CRM is back.' },
      ])
    }
  })

  test('one run is skipped over by its id, and the text of a step is enough to retry it', async () => {
    const { id } = await stuckAtMail()
    const one = ['workflow', 'signal', '--workflow-id', workflowIdOf({ kind: 'add-account', id })]
    await temporal(...one, '--name', 'retry', '--input', '"notify-user"')
    await expect.poll(() => decisionsOn(id)).toHaveLength(1)
    await takenUp(await api.until(id, 'needs_attention'))
    await temporal(...one, '--name', 'skip', '--input', '{"step":"notify-user","reason":"Told by phone."}')
    await api.until(id, 'completed')
    expect(await decisionsOn(id)).toMatchObject([
      { action: 'skip', actor: null, reason: 'Told by phone.' },
      { action: 'retry', step: 'notify-user', reason: null },
    ])
  })
})

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
